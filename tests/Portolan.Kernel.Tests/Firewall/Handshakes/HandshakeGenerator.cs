using System.Globalization;
using Portolan.Kernel.Tests.Firewall.Generation;

namespace Portolan.Kernel.Tests.Firewall.Handshakes;

/// <summary>
/// Makes rules, of a seed, that tell the packets of one connection apart: states, zones, marks, flags, and writes into packets.
/// </summary>
internal sealed class HandshakeGenerator(Dice dice)
{
    private static readonly string[] Flags = ["fin", "syn", "rst", "psh", "ack", "urg"];

    // Before tracking (-200), behind it, and behind translation.
    private static readonly int[] Early = [-450, -300, -300, -300, -250];
    private static readonly int[] Late = [-150, -50, 0, 0, 0, 10, 300];

    /// <summary>The rules of one port.</summary>
    public static HandshakeDraft Make(int seed)
    {
        var dice = new Dice(seed);
        var isOutgoing = dice.Percent(35);
        var rules = new HandshakeGenerator(dice).Rules();
        return new HandshakeDraft(seed, isOutgoing, rules);
    }

    // nft takes no rule about both families.
    private bool _isIPv4;

    private List<HandshakeRule> Rules()
    {
        var rules = new List<HandshakeRule>();
        var count = dice.Between(1, 6);
        var hook = ("filter", "input", 0);
        for (var i = 0; i < count; i++)
        {
            hook = i > 0 && dice.Percent(35) ? hook : Hook();
            rules.Add(new HandshakeRule(hook.Item1, hook.Item2, hook.Item3, Text(hook.Item1 == "nat", hook.Item2, hook.Item3)));
        }

        // What a chain with a policy of drop does.
        if (dice.Percent(20) && hook.Item1 == "filter")
        {
            rules.Add(new HandshakeRule(hook.Item1, hook.Item2, hook.Item3, dice.Of("drop", "counter drop", Reject(hook.Item2))));
        }

        return rules;
    }

    private (string Type, string Hook, int Priority) Hook() => dice.Next(100) switch
    {
        < 22 => ("filter", "prerouting", dice.Of(Early)),
        < 30 => ("filter", "prerouting", dice.Of(Late)),
        < 55 => ("filter", "input", dice.Of(Late)),
        < 67 => ("filter", "output", dice.Of(Early)),
        < 84 => ("filter", "output", dice.Of(Late)),
        < 94 => ("filter", "postrouting", dice.Of(Late)),
        < 96 => ("nat", "prerouting", -100),
        < 97 => ("nat", "output", -100),
        < 99 => ("nat", "postrouting", 100),
        _ => ("nat", "input", 100),
    };

    private string Text(bool isNat, string hook, int priority)
    {
        _isIPv4 = dice.Percent(50);
        var matches = Enumerable.Range(0, dice.Of(0, 1, 1, 1, 1, 2, 2)).Select(_ => Match(hook)).ToArray();
        return string.Join(' ', [.. matches, isNat ? $"meta l4proto tcp {Translation(hook)}" : Statement(hook, priority)]);
    }

    private string Translation(string hook) => hook switch
    {
        "prerouting" or "output" when dice.Percent(60) => $"redirect to :{HandshakeRun.FreePort}",
        "prerouting" =>
            _isIPv4 ? dice.Of("dnat ip to 198.18.0.2", $"dnat ip to 198.18.0.2:{HandshakeRun.FreePort}") : "dnat ip6 to 2001:db8::2",
        "output" => _isIPv4 ? "dnat ip to 198.18.0.1" : "dnat ip6 to 2001:db8::1",
        "postrouting" =>
            dice.Of("masquerade", "masquerade random", _isIPv4 ? "snat ip to 198.18.0.2:20000-29999" : "snat ip6 to 2001:db8::2", "accept"),
        _ => _isIPv4 ? dice.Of("snat ip to 198.18.0.1", "accept") : "accept",
    };

    private string Match(string hook) => dice.Weighted(
        (22, () => $"ct state {Negation()}{Some("new", "established", "invalid", "untracked", "related")}"),
        (20, TcpFlags),
        (6, () => $"ct direction {dice.Of("original", "reply")}"),
        (6, () => StatusTest()),
        (7, () => $"ct mark {Negation()}{Mark()}"),
        (3, () => $"ct mark & {Mark()} {dice.Of("==", "!=")} {dice.Of("0", Mark())}"),
        (7, () => $"meta mark {Negation()}{Mark()}"),
        (6, () => $"{HopLimit} {dice.Of("", "!= ", "< ", "> ")}{dice.Of(1, 32, 63, 64, 65, 254)}"),
        (3, () => $"{Family} dscp {Negation()}{dice.Of("cs0", "cs1", "af11")}"),
        (2, () => $"{dice.Of("th", "tcp")} {dice.Of("sport", "dport")} {Negation()}{Ports()}"),
        (2, () => $"meta l4proto tcp ct {dice.Of("original", "reply")} {dice.Of("proto-src", "proto-dst")} {Negation()}{Ports()}"),
        (2, () => $"ct {dice.Of("original", "reply")} {Family} {dice.Of("saddr", "daddr")} {Negation()}{Address()}"),
        (4, () => $"{Family} {dice.Of("saddr", "daddr")} {Negation()}{Address()}"),
        (2, () => $"fib {dice.Of("saddr", "daddr")} type {Negation()}{dice.Of("local", "unicast")}"),
        (2, () => $"meta nfproto {(_isIPv4 ? "ipv4" : "ipv6")}"),
        (2, () => $"ct zone {Negation()}{Zone()}"),
        (1, () => $"meta length {dice.Of("<", ">")} {dice.Of(45, 55, 65, 75)}"),
        (1, () => "limit rate 1000/second burst 1000 packets"),
        (1, () => $"tcp option maxseg size {dice.Of("<", ">")} 1000"),
        (2, () => hook is "output" or "postrouting" ? "meta skuid 0" : $"iifname {Negation()}eth0"),
        (2, () => hook is "output" or "postrouting" ? $"oifname {Negation()}eth0" : $"meta pkttype {Negation()}host"));

    private string TcpFlags() => dice.Next(10) switch
    {
        < 5 => $"tcp flags & {Mask()} {dice.Of("==", "==", "!=")} {dice.Of("0", "syn", "ack", Mask())}",
        < 7 => $"tcp flags {Negation()}{dice.Of("syn", "ack", "0x12", "0x10", "0x18", "0x02")}",
        < 8 => $"tcp flags {dice.Of("<", ">", "<=", ">=")} 0x{dice.Of(0x02, 0x10, 0x11, 0x12, 0x18):x2}",
        < 9 => $"tcp flags {Negation()}{{ {dice.Of("0x02", "0x10", "0x12")}, {dice.Of("0x18", "0x11", "0x04")} }}",
        _ => $"tcp flags {dice.Of("syn", "ack", "psh")} / {dice.Of("syn,ack", "syn,rst,ack", "syn,psh,ack", "fin,syn,rst,psh,ack,urg")}",
    };

    private string Statement(string hook, int priority) => dice.Weighted(
        (30, () => "drop"),
        (22, () => "accept"),
        (3, () => Reject(hook)),
        (2, () => "return"),
        (8, () => $"ct mark set {dice.Of(Mark(), Mark(), "mark", $"ct mark | {Mark()}", $"ct mark & {Mark()}", $"ct mark ^ {Mark()}")}"),
        (7, () => $"meta mark set {dice.Of(Mark(), Mark(), "ct mark", $"mark | {Mark()}", $"mark ^ {Mark()}")}"),
        (hook is "prerouting" or "output" ? priority < -200 ? 40 : 3 : 0,
            () => $"ct {dice.Of("", "", "", "original ", "reply ")}zone set {Zone()}"),
        (hook is "prerouting" or "output" ? priority < -200 ? 20 : 2 : 1, () => "notrack"),
        (hook is "prerouting" or "output" ? 1 : 0,
            () => $"ct zone set {dice.Of("mark map { 0 : 5, 1 : 6 }", "tcp sport map { 1-40000 : 5, 40001-65535 : 6 }")}"),
        (14, Write),
        (2, () => $"meta mark set tcp {dice.Of("sport", "dport")} map {{ 1-40000 : 1, 40001-65535 : 2 }}"),
        (2, () =>
            $"{dice.Of("tcp flags vmap { 0x02 : accept, 0x10 : drop }", "ct state vmap { established : accept, invalid : drop }", "ct state vmap { new : accept, established : drop }", "ct mark vmap { 1 : drop, 2 : accept }")}"));

    private string Write() => dice.Weighted(
        (5, () => $"{Family} dscp set {dice.Of("cs0", "cs1", "af11")}"),
        (6, () => $"{HopLimit} set {dice.Of(0, 1, 32, 63, 64, 255)}"),
        (3, () => $"tcp {dice.Of("sport", "dport")} set {dice.Of(9, HandshakeRun.FreePort, 40000)}"),
        (4, () => $"{Family} {dice.Of("saddr", "daddr")} set {Address()}"),
        (1, () => $"tcp flags set {dice.Of("syn", "ack", "0x12", "0x18", "0x14")}"),
        (1, () => $"tcp option maxseg size set {dice.Of(1000, 1300, 1460)}"),
        (1, () => $"tcp {dice.Of("window", "sequence", "ackseq", "urgptr")} set {dice.Of(0, 1, 1000)}"),
        (2, () => _isIPv4 ? $"ip id set {dice.Next(9)}" : "ip6 flowlabel set 7"),
        (1, () => $"{Family} ecn set {dice.Of("ce", "ect0")}"));

    private string Family => _isIPv4 ? "ip" : "ip6";

    private string HopLimit => _isIPv4 ? "ip ttl" : "ip6 hoplimit";

    private string Address() => (_isIPv4 ? "198.18.0." : "2001:db8::") + dice.Of("1", "2", "77");

    private static string Reject(string hook) => hook is "prerouting" or "input" or "output" ? "reject with tcp reset" : "drop";

    private string Negation() => dice.Percent(30) ? "!= " : "";

    private string Mark() => dice.Of("1", "2", "3", "0x10");

    private string Zone() => dice.Of("5", "5", "6", "0");

    private string Ports() =>
        dice.Of("1-40000", "40001-65535", "32768-50000", HandshakeRun.FreePort.ToString(CultureInfo.InvariantCulture));

    private string StatusTest()
    {
        var status = dice.Of("seen-reply", "assured", "confirmed", "snat", "dnat", "dying");
        return dice.Of($"ct status {status}", $"ct status & {status} == {status}", $"ct status & {status} != {status}");
    }

    private string Mask() => $"({string.Join('|', Flags.Where(_ => dice.Percent(45)).DefaultIfEmpty("syn"))})";

    private string Some(params ReadOnlySpan<string> names)
    {
        var first = dice.Of(names);
        var second = dice.Of(names);
        return first == second || dice.Percent(60) ? first : $"{{ {first}, {second} }}";
    }
}
