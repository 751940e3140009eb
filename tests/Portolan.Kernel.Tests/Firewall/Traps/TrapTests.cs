using System.Text.RegularExpressions;
using Portolan.Kernel.Tests.Firewall.Referee;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>
/// Tests of what naive evaluators get wrong. Each loads rules, sends packets, and says what the kernel does with them: that is observed.
/// Then the judge must say the same, proved.
/// </summary>
public abstract partial class TrapTests(RefereeFixture fixture) : IClassFixture<RefereeFixture>
{
    protected const string A = "203.0.113.7";
    protected const string B = "203.0.113.200";
    protected const string Own = "198.18.0.2";
    protected const string Behind = "198.18.2.2";
    protected const string A6 = "2001:db8:ffff::7";
    protected const string Own6 = "2001:db8::2";
    protected const string Behind6 = "2001:db8:2::2";

    /// <summary>It comes to a socket of the target, or where one would be.</summary>
    protected const string Delivered = "delivered";

    /// <summary>It leaves on the other side.</summary>
    protected const string Forwarded = "forwarded";

    /// <summary>A rule or policy drops it, and nothing comes back.</summary>
    protected const string Dropped = "dropped";

    /// <summary>A rule answers with a RST.</summary>
    protected const string Reset = "reset";

    /// <summary>No rule drops it, and still it comes nowhere.</summary>
    protected const string Lost = "lost";

    internal RefereeLab Lab => fixture.Lab;

    /// <summary>Loads rules, sends the packets, and compares.</summary>
    internal void Agree(string rules, params (RefereePacket Packet, string Fate)[] cases) => Run(rules, isProved: true, null, cases);

    /// <summary>The same where the judge may say that it depends: whatever it calls proved must still be right.</summary>
    internal void AgreeOrDepend(string rules, params (RefereePacket Packet, string Fate)[] cases) =>
        Run(rules, isProved: false, null, cases);

    /// <summary>The same, once something has happened.</summary>
    internal void AgreeOrDepend(string rules, Action wait, params (RefereePacket Packet, string Fate)[] cases) =>
        Run(rules, isProved: false, wait, cases);

    private void Run(string rules, bool isProved, Action? wait, (RefereePacket Packet, string Fate)[] cases) => Run(
        () => Lab.Target.Nft(rules),
        () => Lab.Target.Nft(string.Concat(Tables().Matches(rules).Select(m => $"delete table {m.Groups[1].Value}\n").Distinct())),
        isProved,
        wait,
        cases);

    /// <summary>The same with rules that are loaded otherwise. Those of legacy tables leave no trace.</summary>
    internal void Run(Action load, Action unload, bool isProved, Action? wait, (RefereePacket Packet, string Fate)[] cases)
    {
        var packets = Lab.Prepare([.. cases.Select(c => c.Packet)]);
        load();
        try
        {
            wait?.Invoke();
            var judge = JudgeSide.Of(Lab);
            var fates = Lab.Exchange(packets);
            for (var i = 0; i < fates.Length; i++)
            {
                Assert.True(
                    Matches(fates[i], cases[i].Fate, judge.Rules.Tables.Any(t => t.IsLegacy)),
                    $"{packets[i]}: expected {cases[i].Fate}, the kernel: {fates[i]}");
                foreach (var isWide in (bool[])[false, true])
                {
                    // Asked about this packet alone, and about all senders and interfaces at once, which may hang on more.
                    var said = judge.Compare(packets[i], fates[i], isWide);
                    Assert.True(said.Agreement != Agreement.Differs, $"{(isWide ? "all senders at once: " : "")}{said.Text}");
                    Assert.True(!isProved || isWide || said.Agreement == Agreement.Agrees, $"not proved: {said.Text}");
                }
            }
        }
        finally
        {
            unload();
        }
    }

    internal static RefereePacket Tcp(
        ushort port, string source = A, string destination = Own, int cable = 0, TcpFlags flags = TcpFlags.Syn) =>
        Make(source, destination, IpProtocol.Tcp, cable) with { DestinationPort = port, Flags = flags };

    internal static RefereePacket Tcp6(ushort port, string source = A6, string destination = Own6, int cable = 0) =>
        Tcp(port, source, destination, cable);

    internal static RefereePacket Udp(ushort port, string source = A, string destination = Own, int cable = 0) =>
        Make(source, destination, IpProtocol.Udp, cable) with { DestinationPort = port };

    internal static RefereePacket Ping(string source = A, string destination = Own, int cable = 0) =>
        source.Contains(':', StringComparison.Ordinal)
            ? Make(source, destination, IpProtocol.Icmpv6, cable) with { IcmpType = 128 }
            : Make(source, destination, IpProtocol.Icmp, cable) with { IcmpType = 8 };

    /// <summary>A later packet of a connection that was made before the rules.</summary>
    internal static RefereePacket Established(RefereePacket packet) => packet with { IsEstablished = true };

    private static RefereePacket Make(string source, string destination, IpProtocol protocol, int cable) =>
        new() { Source = Address(source), Destination = Address(destination), Protocol = protocol, Cable = cable };

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    // "delivered", "delivered 198.18.0.3:8080", "forwarded …", "dropped", "reset", "icmp 3/13", "lost".
    private static bool Matches(KernelFate fate, string expected, bool hasLegacy)
    {
        var words = expected.Split(' ');
        var isDropped = fate is { IsDelivered: false, IsForwarded: false } && (hasLegacy || fate.DroppedBy is not null);
        var end = $"{fate.FinalDestination}:{fate.FinalPort}";
        return words[0] switch
        {
            Delivered => fate.IsDelivered && (words.Length == 1 || words[1] == end),
            Forwarded => fate.IsForwarded && fate.IsOnWire && (words.Length == 1 || words[1] == end),
            Dropped => isDropped && fate.Replies.Count == 0,
            Reset => isDropped && fate.Replies is [{ Kind: WireReplyKind.Reset }],
            "icmp" => isDropped && fate.Replies is [{ Kind: WireReplyKind.IcmpError } e] && $"{e.Type}/{e.Code}" == words[1],
            Lost => fate is { IsDelivered: false, IsForwarded: false, DroppedBy: null },
            _ => throw new ArgumentException(expected),
        };
    }

    [GeneratedRegex(@"^table (\w+ \w+)", RegexOptions.Multiline)]
    private static partial Regex Tables();
}
