using Portolan.Kernel.Tests.Containers;
using Portolan.Kernel.Tests.Firewall.Forwarding;
using Portolan.Kernel.Tests.Fleet;
using Portolan.Kernel.Tests.Lab;
using Portolan.Kernel.Tests.Reachability;
using Portolan.Kernel.Tests.Reachability.Fixes;
using Portolan.Kernel.Tests.Scan;
using Portolan.Kernel.Tests.Scanning;
using Portolan.Kernel.Tests.Transport;
using Portolan.Kernel.Tests.Transport.Scripts;
using Portolan.Kernel.Tests.Transport.Sockets;
using Portolan.Tests.Support;

[assembly: BeginWith(
    typeof(BannerScanTests), typeof(ContainerEngineTests), typeof(ExplainSymptomTests), typeof(WellKnownToolTests),
    typeof(LimitTests), typeof(ScenarioCaptureTests), typeof(KernelForwardProgramTests), typeof(ContainerUnitTests),
    typeof(ScoredScanTests), typeof(TunFastOpenTests), typeof(NmapTruthTests), typeof(RouteTraceTests), typeof(AllowedPortsTests),
    typeof(PacketScriptTests), typeof(ManagerFixTests), typeof(ConnectScanTests), typeof(SocketDifferentialTests),
    typeof(ExplainReplyTests), typeof(HeldSocketsTests), typeof(ServerFixtureTests), typeof(FleetFaultTests),
    typeof(FleetTrustTests), typeof(FleetJobTests))]
