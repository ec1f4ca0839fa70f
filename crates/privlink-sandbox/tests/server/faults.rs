//! Each kind of fault on a call of EC2, of ELBv2 and of API Gateway, as it looks on the wire; and how faults are set.

use crate::client::{
    APP, Answer, Credentials, HUB, LOOPBACK, WORLD, assume, blocking, call, exchange, send, signed, text,
};
use privlink_sandbox::{Fault, FaultKind, FaultProblem, Faults, Options, Sandbox, Turn, World};
use std::time::{Duration, Instant};

/// Fast enough that nobody waits, slow enough that nothing settles between two requests of a busy machine.
const SPEED: f64 = 200.0;

/// Longer than anything takes to settle.
const LONG: Duration = Duration::from_millis(1200);

async fn start() -> Sandbox {
    let world = World::from_kdl("world.kdl", WORLD, &Options { speed: SPEED, seed: 1 }).unwrap();
    Sandbox::start(world, LOOPBACK, None).await.unwrap()
}

/// Somebody in the application's account.
#[derive(Clone)]
struct Caller {
    url: String,
    who: Credentials,
}

impl Caller {
    fn new(url: String) -> Caller {
        let who = assume(&url, APP);
        Caller { url, who }
    }

    fn ask(&self, service: &str, method: &str, path: &str, body: &str) -> Option<Answer> {
        exchange(&self.url, method, path, &signed(&self.who, service), body)
    }

    fn form(&self, service: &str, form: &str) -> String {
        let (status, body) = call(&self.url, &self.who, service, form);
        assert_eq!(status, 200, "{body}");
        body
    }
}

/// A call that makes something which takes time to be usable.
#[derive(Clone, Copy)]
struct Creation {
    operation: &'static str,
    make: fn(&Caller) -> Option<Answer>,
    /// The state of what was made, if it is there.
    state: fn(&Caller) -> Option<String>,
    states: [&'static str; 3],
    throttled: (u16, &'static str),
}

const CREATIONS: [Creation; 3] = [
    Creation {
        operation: "ec2:CreateVpcEndpoint",
        make: |caller| {
            let subnets = caller.form("ec2", "Action=DescribeSubnets&Version=2016-11-15");
            let (vpc, subnet) = (text(&subnets, "vpcId"), text(&subnets, "subnetId"));
            let service = "com.amazonaws.us-east-1.execute-api";
            let form = format!(
                "Action=CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&SubnetId.1={subnet}&ServiceName={service}&PrivateDnsEnabled=false&Version=2016-11-15"
            );
            caller.ask("ec2", "POST", "/", &form)
        },
        state: |caller| {
            let found = caller.form("ec2", "Action=DescribeVpcEndpoints&Version=2016-11-15");
            found.contains("<state>").then(|| text(&found, "state").to_owned())
        },
        states: ["pending", "available", "failed"],
        throttled: (503, "RequestLimitExceeded"),
    },
    Creation {
        operation: "elbv2:CreateLoadBalancer",
        make: |caller| {
            let subnets = caller.form("ec2", "Action=DescribeSubnets&Version=2016-11-15");
            let subnet = text(&subnets, "subnetId");
            let form = format!(
                "Action=CreateLoadBalancer&Name=new&Type=network&Scheme=internal&Subnets.member.1={subnet}&Version=2015-12-01"
            );
            caller.ask("elasticloadbalancing", "POST", "/", &form)
        },
        state: |caller| {
            let form = "Action=DescribeLoadBalancers&Names.member.1=new&Version=2015-12-01";
            let (status, found) = call(&caller.url, &caller.who, "elasticloadbalancing", form);
            (status == 200).then(|| text(&found, "Code").to_owned())
        },
        states: ["provisioning", "active", "failed"],
        throttled: (400, "ThrottlingException"),
    },
    Creation {
        operation: "apigateway:CreateVpcLink",
        make: |caller| {
            let found = caller.form("elasticloadbalancing", "Action=DescribeLoadBalancers&Version=2015-12-01");
            let body = format!(r#"{{"name":"new","targetArns":["{}"]}}"#, text(&found, "LoadBalancerArn"));
            caller.ask("apigateway", "POST", "/vpclinks", &body)
        },
        state: |caller| {
            let found = caller.ask("apigateway", "GET", "/vpclinks", "").unwrap().body;
            let (_, rest) = found.split_once("\"status\":\"")?;
            rest.split('"').next().map(str::to_owned)
        },
        states: ["PENDING", "AVAILABLE", "FAILED"],
        throttled: (429, "TooManyRequestsException"),
    },
];

/// Sets a fault for each creation, each on a sandbox of its own, and hands both over.
async fn each(kind: FaultKind, test: fn(Creation, &Caller)) {
    let mut tests = tokio::task::JoinSet::new();
    for creation in CREATIONS {
        let fault = Fault::new(creation.operation, kind.clone());
        tests.spawn(async move {
            let sandbox = start().await;
            sandbox.set_faults(vec![fault]).unwrap();
            let url = sandbox.url();
            blocking(move || test(creation, &Caller::new(url))).await;
            assert_eq!(sandbox.faults(), Faults::default(), "{} left its fault", creation.operation);
            sandbox.stop().await.unwrap();
        });
    }
    tests.join_all().await;
}

/// The code of an error, in the envelope of any service.
fn code(answer: &Answer) -> &str {
    match answer.headers.split_once("x-amzn-errortype: ") {
        Some((_, rest)) => rest.lines().next().unwrap_or_default(),
        None => text(&answer.body, "Code"),
    }
}

fn refused() -> FaultKind {
    FaultKind::Refused { code: "InternalFailure".to_owned(), message: "Not today.".to_owned(), status: 500 }
}

#[tokio::test]
async fn a_refused_call_does_nothing_and_the_next_one_passes() {
    each(refused(), |creation, caller| {
        let answer = (creation.make)(caller).unwrap();
        assert_eq!(answer.status, 500);
        assert!(code(&answer).eq_ignore_ascii_case("InternalFailure") && answer.body.contains("Not today."));
        assert_eq!((creation.state)(caller), None);
        assert!((creation.make)(caller).unwrap().status < 300);
        assert_eq!((creation.state)(caller).as_deref(), Some(creation.states[0]));
    })
    .await;
}

#[tokio::test]
async fn a_throttled_call_is_refused_in_its_services_words() {
    each(FaultKind::Throttled, |creation, caller| {
        let answer = (creation.make)(caller).unwrap();
        let (status, expected) = creation.throttled;
        assert_eq!(answer.status, status);
        assert!(code(&answer).eq_ignore_ascii_case(expected), "{answer:?}");
        assert_eq!(answer.headers.contains("retry-after: "), status == 429);
        assert_eq!((creation.state)(caller), None);
    })
    .await;
}

#[tokio::test]
async fn a_slow_call_takes_effect_before_it_is_answered_and_holds_up_nobody() {
    // A second of the wall.
    each(FaultKind::Slow(Duration::from_secs(200)), |creation, caller| {
        let begun = Instant::now();
        let other = caller.clone();
        let slow = std::thread::spawn(move || (creation.make)(&other).unwrap());
        while (creation.state)(caller).is_none() {}
        assert!(!slow.is_finished());
        assert!(slow.join().unwrap().status < 300);
        assert!(begun.elapsed() >= Duration::from_secs(1));
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_leaves_its_effect() {
    each(FaultKind::LostAnswer, |creation, caller| {
        assert!((creation.make)(caller).is_none());
        assert_eq!((creation.state)(caller).as_deref(), Some(creation.states[0]));
    })
    .await;
}

#[tokio::test]
async fn a_dropped_call_leaves_nothing() {
    each(FaultKind::Dropped, |creation, caller| {
        assert!((creation.make)(caller).is_none());
        assert_eq!((creation.state)(caller), None);
    })
    .await;
}

#[tokio::test]
async fn what_never_settles_stays_on_its_way() {
    each(FaultKind::NeverSettles, |creation, caller| {
        assert!((creation.make)(caller).unwrap().status < 300);
        std::thread::sleep(LONG);
        assert_eq!((creation.state)(caller).as_deref(), Some(creation.states[0]));
    })
    .await;
}

#[tokio::test]
async fn what_settles_as_failed_says_why() {
    each(FaultKind::SettlesFailed("a mishap".to_owned()), |creation, caller| {
        assert!((creation.make)(caller).unwrap().status < 300);
        assert_eq!((creation.state)(caller).as_deref(), Some(creation.states[0]), "it fails in the end, not at once");
        std::thread::sleep(LONG);
        assert_eq!((creation.state)(caller).as_deref(), Some(creation.states[2]));
        let reason = match creation.operation {
            "ec2:CreateVpcEndpoint" => {
                let found = caller.form("ec2", "Action=DescribeVpcEndpoints&Version=2016-11-15");
                assert_eq!(text(text(&found, "lastError"), "message"), "a mishap");
                text(&found, "failureReason").to_owned()
            }
            "elbv2:CreateLoadBalancer" => {
                let form = "Action=DescribeLoadBalancers&Names.member.1=new&Version=2015-12-01";
                text(&caller.form("elasticloadbalancing", form), "Reason").to_owned()
            }
            _ => {
                let found = caller.ask("apigateway", "GET", "/vpclinks", "").unwrap().body;
                assert!(found.contains(r#""statusMessage":"a mishap""#), "{found}");
                return;
            }
        };
        assert_eq!(reason, "a mishap");
    })
    .await;
}

#[tokio::test]
async fn without_a_fault_everything_settles_well() {
    // A delay of nothing stands for no fault at all.
    each(FaultKind::Slow(Duration::ZERO), |creation, caller| {
        assert!((creation.make)(caller).unwrap().status < 300);
        std::thread::sleep(LONG);
        assert_eq!((creation.state)(caller).as_deref(), Some(creation.states[1]));
    })
    .await;
}

#[tokio::test]
async fn a_fault_of_one_account_is_not_felt_in_another() {
    let sandbox = start().await;
    let account = Some("222222222222".to_owned());
    let all = Fault { account, turn: Turn::Every, ..Fault::new("*", refused()) };
    sandbox.set_faults(vec![all.clone()]).unwrap();
    let url = sandbox.url();
    blocking(move || {
        let form = "Action=DescribeVpcs&Version=2016-11-15";
        let (app, hub) = (assume(&url, APP), assume(&url, HUB));
        for _ in 0..3 {
            assert_eq!(call(&url, &app, "ec2", form).0, 200);
            assert_eq!(call(&url, &hub, "ec2", form).0, 500);
        }
    })
    .await;
    assert_eq!(sandbox.faults().list, [all], "it comes every time");
}

#[tokio::test]
async fn faults_are_set_shown_and_cleared_over_http() {
    let sandbox = start().await;
    let url = sandbox.url();
    blocking(move || {
        let put = |text: &str| send(&url, "PUT", "/_sandbox/faults", "", text);
        let shown = || send(&url, "GET", "/_sandbox/faults", "", "").1;
        let text = "fault \"ec2:DescribeVpcs\" nth=2 { lost-answer }\nreads-lag \"10s\"\n";
        assert_eq!(put(text), (204, String::new()));
        assert_eq!(shown(), "fault \"ec2:DescribeVpcs\" nth=2 { lost-answer; }\nreads-lag \"10000ms\"\n");
        let who = assume(&url, APP);
        let describe = || exchange(&url, "POST", "/", &signed(&who, "ec2"), "Action=DescribeVpcs&Version=2016-11-15");
        assert!(describe().is_some());
        assert!(shown().contains("nth=1"), "counted from now");
        let (status, problems) = put("fault \"ec2:DescribeVpcs\" { dropped }\nfault \"ec2:Nothing\" { dropped }\n");
        assert_eq!(status, 400);
        assert!(problems.contains("faults:2:1: 'ec2:Nothing' is no operation of this sandbox"), "{problems}");
        assert!(shown().contains("lost-answer"), "what is refused changes nothing");
        assert!(describe().is_none());
        assert!(!shown().contains("fault"));
        assert_eq!(put("fault \"*\" every=#true { dropped }").0, 204);
        assert!(describe().is_none());
        assert_eq!(send(&url, "DELETE", "/_sandbox/faults", "", "").0, 204);
        assert_eq!(shown(), "");
        assert!(describe().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_fault_that_could_never_come_is_not_set() {
    let sandbox = start().await;
    let good = vec![Fault::new("ec2:DescribeVpcs", FaultKind::Dropped)];
    sandbox.set_faults(good.clone()).unwrap();
    let problem = sandbox.set_faults(vec![Fault::new("ec2:CreateTags", FaultKind::NeverSettles)]).unwrap_err();
    assert_eq!(problem, FaultProblem::NothingSettles { operation: "ec2:CreateTags".to_owned() });
    assert_eq!(sandbox.faults().list, good);
}

#[tokio::test]
async fn a_restart_forgets_faults_and_keeps_what_they_did() {
    let [endpoint, ..] = CREATIONS;
    let folder = tempfile::tempdir().unwrap();
    let keep = || Some(folder.path().to_owned());
    let world = World::from_kdl("world.kdl", WORLD, &Options { speed: SPEED, seed: 1 }).unwrap();
    let sandbox = Sandbox::start(world, LOOPBACK, keep()).await.unwrap();
    let never = Fault::new(endpoint.operation, FaultKind::NeverSettles);
    let lost = Fault::new(endpoint.operation, FaultKind::LostAnswer);
    sandbox
        .set_faults(Faults {
            list: vec![never, lost.clone()],
            reads_lag: Duration::from_secs(3600),
            ..Faults::default()
        })
        .unwrap();
    let url = sandbox.url();
    blocking(move || assert!((endpoint.make)(&Caller::new(url)).unwrap().status < 300)).await;
    assert_eq!(sandbox.faults().list, [lost]);
    sandbox.stop().await.unwrap();

    let sandbox = Sandbox::start(World::load(folder.path()).unwrap().unwrap(), LOOPBACK, keep()).await.unwrap();
    assert_eq!(sandbox.faults(), Faults::default());
    let url = sandbox.url();
    blocking(move || {
        let caller = Caller::new(url);
        std::thread::sleep(LONG);
        assert_eq!((endpoint.state)(&caller).as_deref(), Some("pending"));
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_kept_like_any_other_change() {
    let [endpoint, ..] = CREATIONS;
    let folder = tempfile::tempdir().unwrap();
    let world = World::from_kdl("world.kdl", WORLD, &Options { speed: SPEED, seed: 1 }).unwrap();
    let sandbox = Sandbox::start(world, LOOPBACK, Some(folder.path().to_owned())).await.unwrap();
    sandbox.set_faults(vec![Fault::new(endpoint.operation, FaultKind::LostAnswer)]).unwrap();
    let url = sandbox.url();
    blocking(move || assert!((endpoint.make)(&Caller::new(url)).is_none())).await;
    // Before `stop`, which saves in any case.
    let kept = serde_json::to_string(&World::load(folder.path()).unwrap().unwrap()).unwrap();
    assert!(kept.contains("execute-api"));
    sandbox.stop().await.unwrap();
}
