//! Marks: what happens to a box or an arrow, as a symbol and as the name of a style; never as colour alone.

use privlink_model::Action;

use crate::view::words;

/// What happens to a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// What happens to it as a whole.
    pub(super) action: Action,
    /// Whether that interrupts traffic.
    pub(super) outage: bool,
}

impl Default for Mark {
    fn default() -> Self {
        Self { action: Action::NoOp, outage: false }
    }
}

impl Mark {
    /// The mark of an object with its parts: what happens to it, else that it changes when a part does.
    pub(super) fn of_object(own: Action, parts: &[Action], outage: bool) -> Self {
        let action = if own == Action::NoOp { Self::of_all(parts).inside() } else { own };
        Self { action, outage }
    }

    /// The mark of several objects: what happens to all of them, else that they change when one does.
    pub(super) fn of_all(actions: &[Action]) -> Self {
        let same = actions.first().filter(|first| actions.iter().all(|action| action == *first));
        let action = match same {
            Some(same) => *same,
            None if actions.contains(&Action::Unknown) => Action::Unknown,
            None if actions.iter().all(|action| *action == Action::NoOp) => Action::NoOp,
            None => Action::Update,
        };
        Self { action, outage: false }
    }

    /// What happens to something when this happens within it.
    fn inside(self) -> Action {
        match self.action {
            Action::NoOp | Action::Unknown => self.action,
            _ => Action::Update,
        }
    }

    /// Whether anything happens.
    pub(super) fn changes(self) -> bool {
        self.outage || self.action != Action::NoOp
    }

    /// Its symbols; empty when nothing happens.
    pub(super) fn symbol(self) -> String {
        let symbol = symbol(self.action);
        match (self.outage, symbol) {
            (false, symbol) => symbol.to_owned(),
            (true, "") => "!".to_owned(),
            (true, symbol) => format!("! {symbol}"),
        }
    }

    /// The name of its style.
    pub(super) fn style(self) -> Style {
        if self.outage { Style::Outage } else { style(self.action) }
    }
}

/// The symbol of an action; empty when nothing happens, which most of a picture is.
pub(super) fn symbol(action: Action) -> &'static str {
    if action == Action::NoOp { "" } else { words::symbol(action) }
}

/// How a box or an arrow is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Style {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is made anew.
    Replace,
    /// It goes.
    Delete,
    /// Traffic is interrupted.
    Outage,
    /// It could not be read.
    Unknown,
    /// It stays.
    Same,
    /// It is not ours.
    Foreign,
    /// It is a word on the picture itself.
    Note,
}

/// How what an action happens to is drawn.
pub(super) fn style(action: Action) -> Style {
    match action {
        Action::Create => Style::Create,
        Action::Update | Action::Wait => Style::Update,
        Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst | Action::ReplaceKeepOld => Style::Replace,
        Action::Delete => Style::Delete,
        Action::Unknown => Style::Unknown,
        Action::NoOp => Style::Same,
    }
}

/// The colours of a style: they add to symbols and lines, and are readable on light and dark pages alike.
pub(super) struct Look {
    /// Its name.
    pub(super) name: &'static str,
    /// The ground.
    pub(super) fill: &'static str,
    /// The line around it, or the arrow.
    pub(super) stroke: &'static str,
    /// Whether the line is dashed.
    pub(super) dashed: bool,
    /// How thick the line is.
    pub(super) width: u8,
}

impl Style {
    /// All of them.
    pub(super) const ALL: [Self; 9] = [
        Self::Create,
        Self::Update,
        Self::Replace,
        Self::Delete,
        Self::Outage,
        Self::Unknown,
        Self::Same,
        Self::Foreign,
        Self::Note,
    ];

    /// How it looks.
    pub(super) fn look(self) -> Look {
        let (name, fill, stroke, dashed, width) = match self {
            Self::Create => ("create", "#dafbe1", "#1a7f37", false, 2),
            Self::Update => ("update", "#fff8c5", "#9a6700", false, 2),
            Self::Replace => ("replace", "#fbefff", "#8250df", false, 2),
            Self::Delete => ("delete", "#ffebe9", "#cf222e", true, 2),
            Self::Outage => ("outage", "#ffd8b5", "#bc4c00", false, 4),
            Self::Unknown => ("unknown", "#ddf4ff", "#0969da", true, 2),
            Self::Same => ("same", "#f6f8fa", "#6e7781", false, 1),
            Self::Foreign => ("foreign", "#ffffff", "#6e7781", true, 1),
            Self::Note => ("note", "#ffffff", "#ffffff", false, 1),
        };
        Look { name, fill, stroke, dashed, width }
    }
}
