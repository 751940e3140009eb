using System.Net;
using System.Net.Sockets;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Tests.Support;

namespace Portolan.Tests.Lab.Truth;

/// <summary>The truth against the lab itself: a host at the vantage connects to every port, in virtual time.</summary>
public sealed class TruthAndNetworkTests
{
    [Trait("Quick", "no")]
    [Fact]
    public async Task Whatever_the_topology_a_connection_ends_as_the_truth_says()
    {
        var wrong = new List<string>();
        var count = 0;
        for (var seed = 0UL; seed < 60; seed++)
        {
            count += await ConnectToAllAsync($"seed {seed}", seed, RandomTopology.Of(seed, isSteady: true), wrong);
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count}:\n{string.Join('\n', wrong.Take(40))}");
        Assert.True(count > 1000);
    }

    [Fact]
    public async Task In_the_labs_that_come_with_the_program_a_connection_ends_as_the_truth_says()
    {
        var wrong = new List<string>();
        foreach (var file in Directory.GetFiles(Repository.PathOf("samples", "lab"), "*.yaml"))
        {
            var topology = TopologyReader.Read(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).OrThrow(file);
            Assert.True(await ConnectToAllAsync(topology.Name, 1, topology, wrong) > 0);
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(40)));
    }

    private static async Task<int> ConnectToAllAsync(string name, ulong seed, LabTopology topology, List<string> wrong)
    {
        var count = 0;
        var truth = LabTruth.Create(topology);
        var place = truth.Vantage;
        var prober = new HostSpec
        {
            Name = "prober",
            Network = place.Network,
            Addresses = [.. new[] { place.Ipv4, place.Ipv6 }.OfType<InternetAddress>().Select(a => new AddressRange(a, a))],
        };
        await using var lab =
            new VirtualNetwork(topology with { Vantage = null, Hosts = [.. topology.Hosts, prober] }, new() { IsVirtualTime = true });
        lab.Run(() => Task.WhenAll(Probes(seed, truth).Select(async probe =>
        {
            var expected = truth.PortOf(probe.Address, ProbeType.Connect, probe.Port)!;
            var found = await ConnectAsync(lab, probe.Address, probe.Port);
            count++;
            if (!expected.Varies && found != Outcome(expected, probe.Address.IsIPv4))
            {
                wrong.Add(
                    $"{name}: {probe.Address} port {probe.Port}: {found}, not {Outcome(expected, probe.Address.IsIPv4)}: {expected.Why}");
            }
        })), TimeSpan.FromHours(1));
        return count;
    }

    // Every span, at its first address; forwarded ports among them. Of nobody's addresses only some in each network.
    private static List<(InternetAddress Address, PortNumber Port)> Probes(ulong seed, LabTruth truth)
    {
        var random = new Random((int)seed);
        var probes = new List<(InternetAddress, PortNumber)>();
        foreach (var span in truth.Spans)
        {
            var forwards = span.Router?.Forwards.Select(static f => f.Port) ?? [];
            var ports = Enumerable.Range(0, span.Role == AddressRole.Nobody ? 1 : 12)
                .Select(_ => new PortNumber((ushort)random.Next(1, 60))).Concat(forwards).Distinct();
            var isHostlike = span.Role is AddressRole.Host or AddressRole.Router
                || (span.Role == AddressRole.Nobody && span.Network != truth.Vantage.Network && span.Addresses.First.IsIPv4
                    && span.Addresses.Count > 2);
            probes.AddRange(
                isHostlike
                    ? ports.Select(port => (span.Role == AddressRole.Nobody ? span.Addresses.First.Plus(1) : span.Addresses.First, port))
                    : []);
        }

        return probes;
    }

    // RFC 4443 has one code for what is prohibited, and the stack has permission denied for it.
    private static SocketError Outcome(PortTruth truth, bool isIPv4) => (truth.State, truth.Reason) switch
    {
        (PortState.Open, _) => SocketError.Success,
        (PortState.Closed, _) => SocketError.ConnectionRefused,
        (_, ReplyReason.NoResponse) => SocketError.TimedOut,
        (_, ReplyReason.NetworkUnreachable) => SocketError.NetworkUnreachable,
        (_, ReplyReason.AdministrativelyProhibited) when !isIPv4 => SocketError.AccessDenied,
        (_, ReplyReason.ProtocolUnreachable) => SocketError.ProtocolOption,
        _ => SocketError.HostUnreachable,
    };

    private static async Task<SocketError> ConnectAsync(VirtualNetwork lab, InternetAddress address, PortNumber port)
    {
        try
        {
            await using var stream = await lab.StackOf("prober").ConnectTcpAsync(new IPEndPoint(address.ToIPAddress(), port.Value));
            return SocketError.Success;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    }
}
