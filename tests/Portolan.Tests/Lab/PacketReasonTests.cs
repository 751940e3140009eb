using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Lab;

/// <summary>
/// What the comment of a packet says became of it is what became of it: where a refusal is named, its sender is answered.
/// </summary>
public sealed class PacketReasonTests
{
    public static TheoryData<string> Names => [.. ScenarioCatalogue.All.Select(static s => s.Name)];

    [Trait("Quick", "no")]
    [Theory, MemberData(nameof(Names))]
    public async Task A_refusal_that_is_named_is_on_the_wire(string name)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        var (number, named, answers) = (0, new List<(int Number, string Text, Ends Ends)>(), new Dictionary<Ends, int>());
        var report = await ScenarioPlayer.PlayAsync(scenario, LabLibrary.Load(name), observer: (in e, bytes) =>
        {
            number++;
            if (!PacketHeads.TryRead(bytes, out var heads))
            {
                return;
            }

            if (AnsweredBy(heads) is { } answered)
            {
                answers[answered] = number;
            }

            if (heads.HasPorts && e.Why is { } why && NamesRefusal(why))
            {
                named.Add(
                    (number, $"{e.From} > {e.To}: {why}",
                        new Ends(heads.Protocol, heads.Source, heads.SourcePort, heads.Destination, heads.DestinationPort)));
            }
        });

        Assert.True(report.Succeeded);
        Assert.All(named, n => Assert.True(answers.GetValueOrDefault(n.Ends) > n.Number, $"{name}, packet {n.Number}: {n.Text}"));
    }

    private static bool NamesRefusal(string why) =>
        (why.Contains("is closed", StringComparison.Ordinal) || why.Contains("rejected with", StringComparison.Ordinal)
            || why.Contains("closed now", StringComparison.Ordinal))
        && !why.Contains("silent", StringComparison.Ordinal);

    /// <summary>What a RST or an ICMP error is the answer to; <c>null</c> for other packets.</summary>
    private static Ends? AnsweredBy(in PacketHeads heads)
    {
        if (heads.Protocol == IpProtocol.Tcp)
        {
            return (heads.Flags & TcpFlags.Rst) != 0
                ? new Ends(heads.Protocol, heads.Destination, heads.DestinationPort, heads.Source, heads.SourcePort)
                : null;
        }

        var isError = heads.Protocol == IpProtocol.Icmp ? IcmpMessage.TryRead(heads.Payload, out var four) && four.IsError
            : heads.Protocol == IpProtocol.Icmpv6 && Icmpv6Message.TryRead(heads.Payload, out var six) && six.IsError;
        return isError && QuotedPacket.TryRead(heads.Payload[IcmpMessage.HeaderLength..], out var quote) && quote.HasPorts
            ? new Ends(quote.Protocol, quote.Source, quote.SourcePort.Value, quote.Destination, quote.DestinationPort.Value)
            : null;
    }

    private readonly record struct Ends(IpProtocol Protocol, InternetAddress From, ushort FromPort, InternetAddress To, ushort ToPort);
}
