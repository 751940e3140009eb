using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Tests.Lab.Scanning;

namespace Portolan.Tests.Scan.Engine;

/// <summary>UDP scans of hosts that send few ICMP errors, in the lab's own time.</summary>
public sealed class DatagramScanTests
{
    private const string Near = "198.18.0.2";

    private static readonly int[] Services = [53, 123, 161, 1900, 5353];

    private static ProbePort[] Fast =>
        [.. TopPorts.InOrder(TransportProtocol.Udp)[..TopPorts.FastCount].ToArray()
            .Select(static port => new ProbePort(TransportProtocol.Udp, new PortNumber(port)))];

    private static ScanSettings Datagrams => new() { Seed = 4711, Tcp = TcpTechnique.None, Udp = true };

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void No_error_that_a_host_may_send_is_lost_to_control_probes_while_ports_are_closed(int services)
    {
        using var lab = new ScanLab(
            $"host: {{ address: {Near}, icmp-rate: 1, ports: {{ \"{string.Join(',', Services.Take(services).Append(7))}/udp\": echo }} }}");

        var scan = lab.Scan(Datagrams, [Near], Fast);

        Assert.Equal(100, scan.Count(PortState.Closed) + scan.Count(PortState.Open));
        Assert.InRange(scan.Elapsed.TotalSeconds, 90 - services, 102);
    }

    [Fact]
    public void A_silent_host_with_services_takes_two_looks()
    {
        using var lab = new ScanLab(
            $"host: {{ address: {Near}, icmp-rate: 1, default: filtered, ports: {{ \"{string.Join(',', Services)}/udp\": echo }} }}");

        var scan = lab.Scan(Datagrams, [Near], Fast);

        Assert.Equal(5, scan.Count(PortState.Open));
        Assert.True(scan.Elapsed < TimeSpan.FromSeconds(2.5), $"took {scan.Elapsed}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    public void Services_are_found_within_five_seconds_of_a_host_whose_closed_ports_take_minutes(double loss)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var lab = new ScanLab(
                $"host: {{ address: {Near}, icmp-rate: 1, ports: {{ \"{string.Join(',', Services)}/udp\": echo }} }}", seed, loss,
                alwaysFindsNeighbours: true);

            var scan = lab.Scan(
                Datagrams with { Seed = (ulong)seed, Timing = new TimingSettings { MaxTime = TimeSpan.FromSeconds(5) } }, [Near], Fast);

            Assert.Equal((seed, 5), (seed, scan.Count(PortState.Open)));
        }
    }

    [Fact]
    public void A_hosts_errors_tell_of_the_likeliest_ports()
    {
        using var lab = new ScanLab($"host: {{ address: {Near}, icmp-rate: 1 }}");

        var scan = lab.Scan(Datagrams with { Timing = new TimingSettings { MaxTime = TimeSpan.FromSeconds(20) } }, [Near], Fast);

        var closed = scan.Count(PortState.Closed);
        Assert.InRange(closed, 18, 23);
        Assert.Equal(closed, Fast.Take(closed).Count(port => scan.State(Near, port.Port.Value, TransportProtocol.Udp) == PortState.Closed));
    }

    [Theory]
    [InlineData(5, 2)]
    [InlineData(3, 2)]
    [InlineData(3, 1)]
    [InlineData(3, 0)]
    public void A_hasty_scan_calls_no_port_what_it_is_not(int template, int retries)
    {
        var silent = Fast.Where(static (_, place) => place % 4 == 0).Select(static port => port.Port.Value).ToArray();
        using var lab = new ScanLab(
            $"host: {{ address: {Near}, icmp-rate: 1, ports: {{ \"{string.Join(',', silent)}/udp\": filtered }} }}");

        var scan = lab.Scan(
            Datagrams with { Timing = TimingSettings.Template(template) with { MaxRetries = retries } }, [Near], Fast);

        foreach (var port in Fast)
        {
            var state = scan.State(Near, port.Port.Value, TransportProtocol.Udp);
            Assert.True(
                state == (silent.Contains(port.Port.Value) ? PortState.OpenFiltered : PortState.Closed)
                || (state == PortState.OpenFiltered && scan.End.Losses!.Limits.UnsettledPorts > 0),
                $"{port.Port}: {state}");
        }
    }

    [Fact]
    public void A_host_that_sends_errors_more_slowly_than_Linux_is_waited_for()
    {
        using var lab = new ScanLab(
            $"host: {{ address: {Near}, icmp-rate: 20, ports: {{ 7/udp: echo }} }}");

        var scan = lab.Scan(Datagrams, [Near], ScanLab.Udp(1, 1000));

        Assert.Equal(999, scan.Count(PortState.Closed));
        Assert.True(scan.Elapsed < TimeSpan.FromSeconds(60), $"took {scan.Elapsed}");
    }

    [Fact]
    public void Closed_TCP_ports_do_not_hide_that_a_host_limits_its_errors()
    {
        using var lab = new ScanLab($"host: {{ address: {Near}, icmp-rate: 1 }}");

        var scan = lab.Scan(new ScanSettings { Seed = 4711, Udp = true }, [Near], [.. ScanLab.Udp(1, 20), .. ScanLab.Tcp(1, 200)]);

        Assert.Equal(220, scan.Count(PortState.Closed));
    }
}
