using System.Globalization;
using System.Net;
using Microsoft.Win32.SafeHandles;
using Portolan.Lab.Attaching;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Places;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Scenarios.Holding;
using Portolan.Lab.Topology;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>
/// The sockets of each step of each scenario, made again by kernels at the places of its hosts: what /proc/net/tcp lists there is what the
/// stacks of the lesson had.
/// </summary>
public sealed class HeldSocketsTests
{
    public static TheoryData<string> Names => [.. ScenarioCatalogue.All.Select(static s => s.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task The_kernels_have_the_sockets_of_every_step(string name)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        var topology = LabLibrary.Load(name);
        var report = await ScenarioPlayer.PlayAsync(scenario, topology);
        foreach (var (step, number) in report.Steps.Select(static (s, i) => (s, i + 1)))
        {
            var plan = HoldPlan.Of(step.Sockets!, report.Conversations, topology);

            // A scanner has no sockets, so its half-open connections cannot be made again.
            Assert.True(
                plan.Left.All(static l => l.EndsWith(TcpState.SynReceived.Name(), StringComparison.Ordinal)),
                $"step {number} leaves out {string.Join("; ", plan.Left)}");
            if (!plan.HasOpen && plan.Connections.Count == 0)
            {
                continue;
            }

            await using var lab = new VirtualNetwork(topology);
            lab.Start();
            var places = new Dictionary<string, KernelPlace>(StringComparer.Ordinal);
            using var held = await HeldSockets.OpenAsync(plan, host => Task.FromResult(places[host] = Open(lab, topology, host)));
            Assert.True(held.Missing.Count == 0, $"step {number}: {string.Join("; ", held.Missing)}");
            foreach (var (host, place) in places)
            {
                var wanted = Wanted(plan, host);
                Assert.True(CountOf(step.Sockets!, host) >= wanted.Count, $"step {number}, {host}");
                var found = Read(place, wanted);
                Assert.True(
                    wanted.SequenceEqual(found),
                    $"step {number}, {host}: the lesson has\n{string.Join('\n', wanted)}\nthe kernel\n{string.Join('\n', found)}");
            }

            foreach (var place in places.Values)
            {
                place.Network.Dispose();
            }
        }
    }

    /// <summary>The connections of a host.</summary>
    private static List<string> Wanted(HoldPlan plan, string host) =>
    [
        .. plan.Connections.SelectMany(static c => new[]
            {
                (End: c.First, c.Remote),
                (End: c.Second ?? c.First with { State = TcpState.Closed }, Remote: c.First.Local),
            })
            .Where(e => e.End.Host == host && e.End.State != TcpState.Closed)
            .Select(static e => $"{e.End.Local} {e.Remote} {e.End.State.Name()}")
            .Order(StringComparer.Ordinal),
    ];

    private static int CountOf(StepSockets sockets, string host) => sockets.Hosts.Where(h => h.Host == host)
        .SelectMany(static h => h.Sockets).Count(static s => s is { Protocol: TransportProtocol.Tcp, RemoteAddress: not null });

    /// <summary>What the kernel has. The last segment of a handshake or of a close may still be on its way.</summary>
    private static List<string> Read(KernelPlace place, List<string> wanted)
    {
        List<string> found = [];
        SpinWait.SpinUntil(
            () =>
            {
                string[] lines = [];
                place.Run(() => lines = [.. File.ReadLines("/proc/thread-self/net/tcp").Skip(1).Concat(
                    File.Exists("/proc/thread-self/net/tcp6") ? File.ReadLines("/proc/thread-self/net/tcp6").Skip(1) : [])]);
                found = [.. lines.Select(Line).OfType<string>().Order(StringComparer.Ordinal)];
                return found.SequenceEqual(wanted);
            },
            10_000);
        return found;
    }

    /// <summary>A connection; relays of the host's services are at its loopback only.</summary>
    private static string? Line(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (local, remote) = (End(fields[1]), End(fields[2]));
        var state = State(int.Parse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        return remote.Port == 0 ? null : $"{local} {remote} {state.Name()}";
    }

    private static IPEndPoint End(string text)
    {
        var (hex, port) = (text.Split(':')[0], int.Parse(text.Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        var bytes = Convert.FromHexString(hex);
        for (var i = 0; i < bytes.Length; i += 4)
        {
            Array.Reverse(bytes, i, 4);
        }

        var address = new IPAddress(bytes);
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
    }

    /// <summary>net/tcp_states.h.</summary>
    private static TcpState State(int number) => number switch
    {
        1 => TcpState.Established,
        2 => TcpState.SynSent,
        3 or 12 => TcpState.SynReceived,
        4 => TcpState.FinWait1,
        5 => TcpState.FinWait2,
        6 => TcpState.TimeWait,
        8 => TcpState.CloseWait,
        9 => TcpState.LastAck,
        10 => TcpState.Listen,
        11 => TcpState.Closing,
        _ => TcpState.Closed,
    };

    private static KernelPlace Open(VirtualNetwork lab, LabTopology topology, string host)
    {
        try
        {
            var choice = LabPlaces.Of(topology).Choose(host)!;
            VantageSpec? where = null;
            Assert.True(SpinWait.SpinUntil(() => (where = lab.PlaceOf(choice)) is not null, 10_000), $"{host} has no address");
            SafeFileHandle? network = null;
            PlaceServices? services = null;
            NetworkNamespaceThread.RunInNew(() =>
            {
                network = File.OpenHandle("/proc/thread-self/ns/net");

                // As labs have it: on a busy machine a FIN that is acknowledged twice must not end TIME-WAIT.
                File.WriteAllText("/proc/sys/net/ipv4/tcp_rfc1337", "1");
                services = lab.Attach(
                    choice, where!, LabAttachment.Open(topology with { Vantage = where }, AttachmentKind.Any, TimeProvider.System));
            });
            return new KernelPlace(network!, services!);
        }
        catch (Exception exception) when (exception is NetworkNamespaceException or LinuxException { IsPermission: true })
        {
            Assert.Skip(exception.Message);
            throw;
        }
    }
}
