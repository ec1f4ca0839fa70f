//! `comment`: tells a pull request of plans.
//!
//! Whatever keeps it from that is told and fails nothing: a plan is not worse because nobody could be told of it, and the job
//! that made it must not fail for that. Only a command line that cannot be meant is an error.

use std::fs;
use std::path::Path;

use privlink_kinds::KINDS;
use privlink_model::Plan;
use privlink_notify::GitHub;
use privlink_notify::github::{Comment, CommentEnd, Commented, GitHubError};

use super::concluded;
use crate::cli::{CommentArgs, PlanAt};
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::github::{self, Job, Obstacle};
use crate::site::Site;
use crate::streams::Streams;
use crate::view::comment::{self, LABELS, Origin};
use crate::view::markdown::{self, Page};
use crate::{plan_file, stores};

/// What comments of plans are found by again; the name of one follows.
const MARKER: &str = "privlink:plan:";

/// What one comment is to say.
struct Note {
    name: String,
    /// The page without what is only of use in a comment.
    page: String,
    labels: Vec<&'static str>,
    only_edit: bool,
}

pub(crate) fn run(args: &CommentArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    if args.github.name.is_some() && args.plans.len() > 1 {
        return Err(Failure::Usage {
            message: format!("--name is for one plan, and these are {}", args.plans.len()),
            help: "without it each has a comment by its project; or call this once for each".to_owned(),
        });
    }
    let job = Job::of_process(&args.github);
    concluded(async {
        let notes = notes(args, &job, connect, streams).await;
        if args.summary {
            summarize(&notes, &job, streams);
        }
        if !notes.is_empty()
            && let Err(obstacle) = tell(&notes, args, &job, streams).await
        {
            match obstacle {
                // Most jobs are about none: that is no news.
                Obstacle::PullRequest => streams.err.line(&format!("{obstacle}.")),
                _ => job.warn_of("nothing was posted", &obstacle, streams),
            }
        }
        Ok(exit_code::DONE)
    })
}

/// What there is to say; what cannot be read is told.
async fn notes(args: &CommentArgs, job: &Job, connect: &dyn Connect, streams: &Streams) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for at in &args.plans {
        match open(at, args, connect, streams).await {
            // One comment cannot say both, and the last one would hide what the first one does.
            Ok(plan) if notes.iter().any(|note| note.name == plan.project) => job.warn(
                &format!("{at} is left out: another of these plans is of {} as well", plan.project),
                Some("call this once for each, with a --name of its own"),
                streams,
            ),
            Ok(plan) => notes.push(note_of(&plan, at, args, job)),
            Err(failure) => job.warn(&format!("{at} is left out: {failure}"), failure.help(), streams),
        }
    }
    if let Some(path) = &args.failed {
        match (name_of(args), read(path)) {
            (Some(name), Ok(told)) => {
                let (page, labels) = comment::failed(&name, &told);
                notes.push(Note { name, page, labels, only_edit: false });
            }
            (_, Err(failure)) => job.warn(&format!("nothing was posted: {failure}"), failure.help(), streams),
            (None, _) => job.warn(
                "nothing was posted: the spec does not tell which project it is",
                Some("--name says what the comment is known by"),
                streams,
            ),
        }
    }
    notes
}

async fn open(at: &PlanAt, args: &CommentArgs, connect: &dyn Connect, streams: &Streams) -> Result<Plan, Failure> {
    match at {
        PlanAt::File(path) => plan_file::open(path),
        PlanAt::Stored(name) => {
            let site = Site { spec: &args.spec, store: &args.store, cloud: &args.cloud };
            let store = stores::of_site(site, connect, streams).await?;
            stores::load_plan(&*store, name).await
        }
    }
}

fn note_of(plan: &Plan, at: &PlanAt, args: &CommentArgs, job: &Job) -> Note {
    let saved = at.to_string();
    let page = Page {
        kinds: &KINDS,
        concise: false,
        show_unchanged: false,
        announcements: &[],
        saved: Some(&saved),
        link: job.page.as_deref(),
    };
    Note {
        name: args.github.name.clone().unwrap_or_else(|| plan.project.clone()),
        page: markdown::plan(plan, page),
        labels: comment::labels(plan),
        only_edit: plan.changes.is_empty(),
    }
}

/// What a comment without a plan is known by. A spec that does not hold together may tell its project all the same.
fn name_of(args: &CommentArgs) -> Option<String> {
    args.github.name.clone().or_else(|| {
        let variables = args.spec.var.iter().cloned().collect();
        let loaded = privlink_spec::load(&privlink_spec::LoadOptions { files: args.spec.file.clone(), variables });
        Some(loaded.document.project?.name.value)
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn summarize(notes: &[Note], job: &Job, streams: &Streams) {
    let Some(path) = &job.summary else {
        return job.warn("there is no summary to write: GITHUB_STEP_SUMMARY is not set", None, streams);
    };
    for note in notes {
        if let Err(why) = github::append(path, &format!("{}\n", note.page)) {
            job.warn(&format!("the summary of {} cannot be written: {why}", note.name), None, streams);
        }
    }
}

/// Tells the pull request; where one comment fails the others are told all the same, unless that would fail alike.
async fn tell(notes: &[Note], args: &CommentArgs, job: &Job, streams: &Streams) -> Result<(), Obstacle> {
    let number = args.pull_request.map_or_else(|| job.pull_request(), Ok)?;
    let github = job.connect(&args.github)?;
    let origin = Origin { page: job.page.as_deref(), commit: job.commit.as_deref() };
    let mut told = false;
    for note in notes {
        let text = comment::text(&note.page, &note.labels, origin);
        let marker = format!("{MARKER}{}", note.name);
        let comment = Comment { marker: &marker, text: &text, only_edit: note.only_edit };
        match github.comment(number, &comment).await {
            Ok(done) => {
                report(note, &done, job, streams);
                told = true;
            }
            Err(error) if fails_all(&error) => return Err(job.explain(error)),
            Err(error) => job.warn_of(&format!("{} is not told", note.name), &job.explain(error), streams),
        }
    }
    if args.labels
        && told
        && let Err(error) = label(&github, number).await
    {
        job.warn_of("the labels are not set", &job.explain(error), streams);
    }
    Ok(())
}

/// Whether the next request would end no better.
fn fails_all(error: &GitHubError) -> bool {
    matches!(
        error,
        GitHubError::RateLimited { .. }
            | GitHubError::Unauthorized { .. }
            | GitHubError::Unreachable { .. }
            | GitHubError::Down { .. }
    )
}

fn report(note: &Note, done: &Commented, job: &Job, streams: &Streams) {
    let what = match done.end {
        CommentEnd::Posted => "posted",
        CommentEnd::Edited => "edited in place",
        CommentEnd::Unchanged => "says so already",
        CommentEnd::Unneeded => "not needed: nothing changes, and nothing was said before",
    };
    streams.err.line(&format!("comment of {}: {what}", note.name));
    if let Some(url) = &done.url {
        streams.out.line(url);
    }
    if done.others > 0 {
        let are = if done.others == 1 { "comment is" } else { "comments are" };
        let message = format!("{} more {are} of {} as well and left as before", done.others, note.name);
        job.warn(&message, Some("delete them on GitHub: two jobs posted at the same moment"), streams);
    }
}

async fn label(github: &GitHub, number: u64) -> Result<(), GitHubError> {
    let comments = github.comments(number, MARKER).await?;
    let wanted = comment::kept(comments.iter().map(String::as_str));
    github.labels(number, LABELS, &wanted).await.map(drop)
}
