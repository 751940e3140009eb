using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Tests.Scan.Simulation;

namespace Portolan.Tests.Scan.Engine;

/// <summary>Whole scans with packets over a simulated network.</summary>
public sealed class RawScanTests
{
    private static ScanSettings Settings => new() { Seed = 4711 };

    [Fact]
    public void Ports_of_a_neighbour_have_the_states_of_nmaps_table()
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost
        {
            Tcp = static port => port switch
            {
                80 => PortBehaviour.Open,
                81 => PortBehaviour.Dropped,
                82 => PortBehaviour.Rejected,
                83 => PortBehaviour.Proxied,
                84 => PortBehaviour.SplitHandshake,
                _ => PortBehaviour.Closed,
            },
        });

        var scan = SimulatedScan.Run(network, Settings, ["198.18.0.2"], SimulatedScan.Tcp(79, 90));

        Assert.Equal((HostStatus.Up, ReplyReason.ArpResponse), (scan.Hosts[SimulatedNetwork.Address("198.18.0.2")].Status, scan.Hosts[SimulatedNetwork.Address("198.18.0.2")].Reason));
        Assert.Equal((PortState.Open, ReplyReason.SynAck, Evidence.SynAck), Facts(scan.Port("198.18.0.2", 80)));
        Assert.Equal((PortState.Filtered, ReplyReason.NoResponse, Evidence.None), Facts(scan.Port("198.18.0.2", 81)));
        Assert.Equal((PortState.Filtered, ReplyReason.AdministrativelyProhibited, Evidence.None), Facts(scan.Port("198.18.0.2", 82)));
        Assert.Equal((PortState.Filtered, ReplyReason.SynProxy, Evidence.None), Facts(scan.Port("198.18.0.2", 83)));
        Assert.Equal(PortState.Open, scan.State("198.18.0.2", 84));
        Assert.Equal((PortState.Closed, ReplyReason.Reset, Evidence.None), Facts(scan.Port("198.18.0.2", 85)));
        Assert.Equal(64, scan.Port("198.18.0.2", 85).TimeToLive);
        Assert.True(scan.End.IsComplete, scan.End.Incomplete);
        Assert.Empty(scan.AnswersEverything);
    }

    [Fact]
    public void All_ports_of_one_host_take_a_fifth_of_a_second()
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost { Tcp = static port => port % 1000 == 80 ? PortBehaviour.Open : PortBehaviour.Closed });
        var scan = SimulatedScan.Run(network, Settings, ["198.18.0.2"], SimulatedScan.Tcp(1, 65535));
        Assert.Equal(66, scan.Count(PortState.Open));
        Assert.Equal(65535 - 66, scan.Count(PortState.Closed));
        Assert.True(scan.Elapsed < TimeSpan.FromMilliseconds(200), $"took {scan.Elapsed}");
    }

    [Fact]
    public void One_port_is_done_when_it_has_answered()
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost { Tcp = static port => port == 80 ? PortBehaviour.Open : PortBehaviour.Closed });
        var scan = SimulatedScan.Run(network, Settings, ["198.18.0.2"], SimulatedScan.Tcp(80, 80));
        Assert.Equal(PortState.Open, scan.State("198.18.0.2", 80));
        Assert.True(scan.Elapsed < TimeSpan.FromMilliseconds(3), $"took {scan.Elapsed}");
        Assert.Equal(0, scan.End.ProbeLoss);
        Assert.Equal(0, scan.End.EstimatedMissRate);
    }

    private static (PortState, ReplyReason, Evidence) Facts(PortResult port) => (port.State, port.Reason, port.Evidence);
}
