using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Tests.Lab.Scanning;

namespace Portolan.Tests.Scan.Engine;

/// <summary>Hosts that were found are asked again, whatever they were found by, and their answers are known for what they are.</summary>
public sealed class DiscoveryControlTests
{
    private const int Hosts = 120;

    public static TheoryData<string> Methods => new(Settings.Keys.ToArray());

    private static Dictionary<string, DiscoverySettings> Settings => new()
    {
        ["all"] = new(),
        ["echo"] = new() { IsDefault = false, Echo = true },
        ["SYN"] = new() { IsDefault = false, SynPorts = [new PortNumber(80)] },
        ["ACK"] = new() { IsDefault = false, AckPorts = [new PortNumber(80)] },
        ["UDP"] = new() { IsDefault = false, UdpPorts = [new PortNumber(7)] },
    };

    [Theory]
    [MemberData(nameof(Methods))]
    public void On_a_path_without_loss_no_host_that_is_asked_again_seems_lost(string method)
    {
        var lines = Enumerable.Range(1, Hosts).Select(
            static number =>
                $"host{number}: {{ address: 198.51.100.{number}, default: closed, ports: {{ \"80\": open, \"7/udp\": echo }} }}");
        using var lab = new ScanLab(string.Join('\n', lines));

        // As many addresses have no host: they are asked again, and control probes go with them.
        var addresses = Enumerable.Range(1, 2 * Hosts).Select(static number => $"198.51.100.{number}").ToArray();
        var scan = lab.Scan(
            new ScanSettings { Seed = 3, DiscoveryOnly = true, Discovery = Settings[method], Timing = new TimingSettings() }, addresses,
            ScanLab.Tcp(1, 1));
        Assert.Equal(Hosts, scan.Hosts.Count(static host => host.Value.Status == HostStatus.Up));
        var path = scan.End.Losses!.Path;
        Assert.True(path is { Trials: > Hosts, Loss: < 1e-6 }, $"{path}");
    }
}
