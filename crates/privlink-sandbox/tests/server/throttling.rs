//! Throttling as a client meets it: the answers, the counts, the clock, and the switch.

use crate::client::{APP, HUB, LOOPBACK, WORLD, assume, blocking, call, exchange, signed, text};
use privlink_sandbox::{Options, Sandbox, World};
use std::time::Duration;

fn world(speed: f64) -> World {
    World::from_kdl("world.kdl", WORLD, &Options { speed, seed: 1 }).unwrap()
}

#[tokio::test]
async fn who_calls_too_fast_is_refused_in_the_services_words() {
    // The clock stands still: nothing is refilled.
    let sandbox = Sandbox::start(world(0.0), LOOPBACK, None).await.unwrap();
    let url = sandbox.url();
    blocking(move || {
        let app = assume(&url, APP);
        let endpoints = "Action=DeleteVpcEndpoints&VpcEndpointId.1=vpce-0123456789abcdef0&Version=2016-11-15";
        for _ in 0..4 {
            assert_eq!(call(&url, &app, "ec2", endpoints).0, 200);
        }
        let (status, body) = call(&url, &app, "ec2", endpoints);
        assert_eq!((status, text(&body, "Code")), (503, "RequestLimitExceeded"));
        let hub = assume(&url, HUB);
        assert_eq!(call(&url, &hub, "ec2", endpoints).0, 200, "another account's bucket is full");

        let balancers = "Action=DescribeLoadBalancers&Version=2015-12-01";
        for _ in 0..40 {
            assert_eq!(call(&url, &app, "elasticloadbalancing", balancers).0, 200);
        }
        let (status, body) = call(&url, &app, "elasticloadbalancing", balancers);
        assert_eq!(
            (status, text(&body, "Code"), text(&body, "Message")),
            (400, "ThrottlingException", "Rate exceeded")
        );

        let delete = || exchange(&url, "DELETE", "/restapis/none", &signed(&app, "apigateway"), "").unwrap();
        assert_eq!(delete().status, 404, "what is refused for another reason draws its token all the same");
        let refused = delete();
        assert_eq!(refused.status, 429);
        assert!(refused.headers.contains("x-amzn-errortype: toomanyrequestsexception"), "{refused:?}");
        assert!(refused.headers.contains("retry-after: 30"), "{refused:?}");
    })
    .await;
    let throttled = sandbox.throttled();
    assert_eq!(throttled["111111111111/us-east-1 ec2:DeleteVpcEndpoints"], 1);
    assert_eq!(throttled["111111111111/us-east-1 elbv2:DescribeLoadBalancers"], 1);
    assert_eq!(throttled["111111111111/us-east-1 apigateway:DeleteRestApi"], 1);
    assert_eq!(throttled.len(), 3);
    assert_eq!(sandbox.requests()["111111111111/us-east-1 ec2:DeleteVpcEndpoints"], 5, "the refused one counts too");
}

#[tokio::test]
async fn buckets_are_refilled_by_the_worlds_clock() {
    // Thirty seconds of its clock are half a second of the wall's.
    let sandbox = Sandbox::start(world(60.0), LOOPBACK, None).await.unwrap();
    let url = sandbox.url();
    blocking(move || {
        let app = assume(&url, APP);
        let delete = || exchange(&url, "DELETE", "/restapis/none", &signed(&app, "apigateway"), "").unwrap().status;
        assert_eq!(delete(), 404);
        assert_eq!(delete(), 429);
        std::thread::sleep(Duration::from_millis(510));
        assert_eq!(delete(), 404);
    })
    .await;
}

#[tokio::test]
async fn it_can_be_switched_off_and_a_restart_fills_the_buckets() {
    let folder = tempfile::tempdir().unwrap();
    let keep = || Some(folder.path().to_owned());
    let mut open = world(0.0);
    open.set_throttling(false);
    let burst = |url: String| {
        blocking(move || {
            let app = assume(&url, APP);
            let delete = || exchange(&url, "DELETE", "/restapis/none", &signed(&app, "apigateway"), "").unwrap().status;
            [delete(), delete(), delete()]
        })
    };
    let sandbox = Sandbox::start(open, LOOPBACK, keep()).await.unwrap();
    assert_eq!(burst(sandbox.url()).await, [404, 404, 404]);
    sandbox.reset().unwrap();
    assert_eq!(burst(sandbox.url()).await, [404, 404, 404], "a reset switches nothing on");
    sandbox.stop().await.unwrap();
    for _ in 0..2 {
        let kept = World::load(folder.path()).unwrap().unwrap();
        let sandbox = Sandbox::start(kept, LOOPBACK, keep()).await.unwrap();
        assert_eq!(burst(sandbox.url()).await, [404, 429, 429], "a kept world begins as one that throttles");
        sandbox.stop().await.unwrap();
    }
    let mut kept = World::load(folder.path()).unwrap().unwrap();
    kept.set_throttling(false);
    let sandbox = Sandbox::start(kept, LOOPBACK, keep()).await.unwrap();
    sandbox.reset().unwrap();
    assert_eq!(burst(sandbox.url()).await, [404, 404, 404], "the beginning that is read from the folder is open too");
}
