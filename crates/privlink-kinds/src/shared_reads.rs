//! Reads that are asked for at about the same time, made as one call.
//!
//! Owns: the calls of a lane, and who gets which answer. Refuses to know: any kind, what is asked, what an answer means.
//! Read next: `lanes` for who goes along with whom, `live` for the call that reads many, `cloud` for who asks.
//!
//! **Invariant:** who asks may go away at any moment, and takes nobody's answer along: the calls are made by a task apart.

pub(crate) mod lanes;

use std::collections::{BTreeSet, HashMap};

use futures_util::future::join_all;
use privlink_model::{CloudError, ErrorClass, Observed};

use crate::live::Live;
use crate::session::Session;

use lanes::{Answer, Key};
pub(crate) use lanes::{Asked, Purpose};

/// Reads one object, together with whoever asks for others of its kind in the same scope.
pub(crate) async fn ask(
    session: &Session,
    kind: &'static str,
    live: &'static dyn Live,
    purpose: Purpose,
    asked: Asked,
) -> Answer {
    let key = (kind, purpose);
    let (answer, idle) = session.shared.join(key, asked);
    if idle {
        tokio::spawn(drive(session.clone(), live, key));
    }
    // Only the end of the whole process takes the task away.
    answer.await.unwrap_or_else(|_| Err(broken(session, "the read was given up")))
}

/// Makes a lane's calls, one after the other, until nobody waits.
async fn drive(session: Session, live: &'static dyn Live, key: Key) {
    loop {
        tokio::time::sleep(session.shared.pause(key)).await;
        let Some(batch) = session.shared.depart(key) else { return };
        let (asked, askers): (Vec<Asked>, Vec<_>) = batch.into_iter().unzip();
        let ids: Vec<String> = asked.iter().map(|one| one.id.clone()).collect();
        // A task of its own: were there a bug in a kind, its lane would stand still for ever.
        let call = tokio::spawn(call(session.clone(), live, key.1, asked));
        let answers = call.await.unwrap_or_else(|bug| {
            let words = format!("a bug in privlink: {bug}");
            HashMap::from_iter(ids.iter().map(|id| (id.clone(), Err(broken(&session, &words)))))
        });
        for (id, asker) in ids.iter().zip(askers) {
            // One who went away meanwhile needs no answer.
            let _ = asker.send(answers.get(id).cloned().unwrap_or(Ok(None)));
        }
    }
}

/// Reads each object once, all in one go. What is wrong with one does not keep the others from being read.
async fn call(
    session: Session,
    live: &'static dyn Live,
    purpose: Purpose,
    mut asked: Vec<Asked>,
) -> HashMap<String, Answer> {
    let mut seen = BTreeSet::new();
    asked.retain(|one| seen.insert(one.id.clone()));
    let read = async |some: &[Asked]| match purpose {
        Purpose::Read => live.read(&session, some).await,
        Purpose::Look(_) => live.look(&session, some).await,
    };
    match read(&asked).await {
        Err(error) if asked.len() > 1 && matches!(error.class, ErrorClass::Refused | ErrorClass::Unreadable) => {
            let singly = asked.iter().map(async |one| (one.id.clone(), first(read(std::slice::from_ref(one)).await)));
            join_all(singly).await.into_iter().collect()
        }
        Err(error) => asked.into_iter().map(|one| (one.id, Err(error.clone()))).collect(),
        Ok(found) => found.into_iter().map(|object| (object.id.clone(), Ok(Some(object)))).collect(),
    }
}

fn first(found: Result<Vec<Observed>, CloudError>) -> Answer {
    found.map(|objects| objects.into_iter().next())
}

fn broken(session: &Session, words: &str) -> CloudError {
    session.failure(ErrorClass::Unreadable, "Read", "", words)
}
