using System.Globalization;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Handshakes;

/// <summary>The judge against whole connections: that the first packet gets through is not enough for a YES.</summary>
public sealed class HandshakeTests
{
    private const int FirstPort = 8000;

    // P is the case's port. Each stands at one hook; a rule is about its own port alone.
    private static readonly Case[] Cases =
    [
        new("", Works),
        new("prerouting -300: tcp dport P ct zone set 5 | output 0: tcp sport P ct state established accept | output 1: tcp sport P ct "
            + "state != established drop", Fails),
        new("prerouting -300: tcp dport P ct zone set 5 | output 0: tcp sport P ct state invalid accept", Works),
        new("prerouting -300: tcp dport P ct zone set 5 | input 0: tcp dport P ct state invalid drop", Fails),
        new("prerouting -300: tcp dport P ct zone set 5 | output -300: tcp sport P ct zone set 5 | output 0: tcp sport P ct state != "
            + "established drop | input 0: tcp dport P ct state invalid drop", Works),
        new("prerouting -300: tcp dport P ct original zone set 5 | output 0: tcp sport P ct state != established drop | input 0: tcp dport "
            + "P ct state invalid drop", Works),
        new("prerouting -300: tcp dport P ct reply zone set 5 | output 0: tcp sport P ct state != established drop", Fails),
        new("prerouting -300: tcp dport P ct zone set 5 | prerouting -299: tcp dport P ct zone set 6 | output -300: tcp sport P ct zone "
            + "set 5 | output 0: tcp sport P ct state != established drop", Works),
        new("prerouting -300: tcp dport P ct zone set 5 | prerouting -299: tcp dport P notrack | output 0: tcp sport P ct state untracked "
            + "drop | input 0: tcp dport P ct state untracked drop", Works),
        new("prerouting -300: tcp dport P ct zone set 5 | prerouting -250: tcp dport P ct state != new drop", Works),
        new("prerouting -300: tcp dport P ct zone set 5 | prerouting -250: tcp dport P ct state invalid drop", Works),
        new("output -300: tcp sport P notrack | input 0: tcp dport P ct state invalid drop", Fails),
        new("output -300: tcp sport P notrack | output 0: tcp sport P ct state established drop", Works),
        new("prerouting -300: tcp dport P notrack | input 0: tcp dport P ct state untracked accept | output 0: tcp sport P ct state "
            + "established drop", Works),
        new("prerouting -300: tcp dport P tcp flags & (syn|ack) == syn notrack | input 0: tcp dport P ct state invalid drop", Works),
        new("prerouting -300: tcp dport P notrack | output 1: tcp sport P ct direction original drop", Fails),
        new(
            "prerouting -300: tcp dport P notrack | output 1: tcp sport P ct status & seen-reply == seen-reply drop",
            Works) { MayDependToo = true },
        new(
            "prerouting -300: tcp dport P tcp flags & syn == 0 notrack | output 1: tcp sport P ct status & assured == assured drop",
            Works) { MayDependToo = true },
        new("output -300: tcp dport P ct reply zone set 5", Fails, IsOutgoing: true),
        new("prerouting -250: tcp dport P tcp flags & syn == 0 ct original zone set 6", Fails),
        new("prerouting -300: tcp dport P notrack | output 0: tcp sport P ct state new drop", Fails),
        new("prerouting -300: tcp dport P notrack | output 0: tcp sport P ct state invalid drop", Fails),
        new("prerouting -300: tcp dport P ct zone set 5 | output 0: tcp sport P ct state new drop", Fails),
        new(
            "prerouting -300: tcp dport P tcp flags & (syn|ack) == syn notrack | input 0: tcp dport P ct state new drop",
            Fails) { MayDependToo = true },
        new("output -300: tcp sport P notrack | input 0: tcp dport P tcp flags & (syn|ack) != syn ct state new drop", Works),
        new("output -300: tcp sport P tcp flags & (syn|ack) == (syn|ack) notrack | output 0: tcp sport P ct state new drop | output 1: tcp "
            + "sport P ct state invalid drop", Works) { MayDependToo = true },
        new("output -300: tcp dport P notrack | input 0: tcp sport P ct state new drop", Fails, IsOutgoing: true),
        new("output -300: tcp dport P ct zone set 5 | input 0: tcp sport P ct state new drop", Fails, IsOutgoing: true),
        new("prerouting -350: tcp dport P tcp dport set 9", Fails),
        new("prerouting -350: tcp dport P ip daddr set 198.18.0.77", Fails, IsIPv4: true),
        new("prerouting -350: tcp dport P ip saddr set 198.18.0.77", Fails, IsIPv4: true),
        new("prerouting -350: tcp dport P ip6 daddr set 2001:db8::77", Fails, IsIPv4: false),
        new("input 0: tcp dport P tcp dport set 9", Fails),
        new("output 0: tcp sport P tcp sport set 9", Fails),
        new("output 0: tcp sport P ip daddr set 198.18.0.77", Fails, IsIPv4: true),
        new("input 0: tcp dport P tcp checksum set 0", null),
        new("prerouting -350: tcp dport P tcp flags set ack", Fails),
        new("input -1: tcp dport P ip ttl set 64 | input 0: tcp dport P ip ttl != 64 drop", Works, IsIPv4: true),
        new("input -1: tcp dport P ip dscp set cs1 | input 0: tcp dport P ip dscp != cs1 drop", Works, IsIPv4: true),
        new("output -1: tcp sport P ip6 hoplimit set 64", Works, IsIPv4: false),
        new("input -1: tcp dport P ether saddr set 02:00:00:00:00:09 | input 0: tcp dport P ether saddr 02:00:00:00:00:09 drop", Fails),
        new("input 0: tcp dport P tcp flags & syn == 0 drop", Fails),
        new("input 0: tcp dport P tcp flags & (syn|ack) == ack drop", Fails),
        new("input 0: tcp dport P tcp flags & (psh|ack) == (psh|ack) drop", Fails),
        new("input 0: tcp dport P tcp flags & (fin|syn|rst|ack) == syn accept | input 1: tcp dport P ct state established drop", Fails),
        new("input 0: tcp dport P ct state established tcp flags & syn == 0 drop", Fails),
        new("input 0: tcp dport P ct direction original ct state established drop", Fails),
        new("input 0: tcp dport P ct status & assured == assured drop", Fails),
        new("input 0: tcp dport P ct state new ct mark set 7 | input 1: tcp dport P ct state established ct mark != 7 drop", Works),
        new("input 0: tcp dport P ct state new ct mark set 7 | input 1: tcp dport P ct state established ct mark 7 drop", Fails),
        new("output 0: tcp sport P ct mark set 7 | input 1: tcp dport P ct state established ct mark 7 drop", Fails),
        new("output 0: tcp sport P tcp flags & (syn|ack) == (syn|ack) accept | output 1: tcp sport P drop", Fails),
        new("output 0: tcp sport P tcp flags & syn == 0 drop", Fails),
        new("output 0: tcp sport P tcp flags & psh == psh drop", Fails),
        new("input 0: tcp dport P tcp flags & (fin|syn|rst|psh|ack|urg) == 0 drop", Works),
        new("input 0: tcp dport P tcp flags & (syn|rst) == (syn|rst) drop", Works),
        new("input 0: tcp dport P tcp flags & (fin|syn|rst|ack) != syn ct state new drop", Works),
        new("output 0: tcp dport P tcp flags & syn == 0 drop", Fails, IsOutgoing: true),
        new("output 0: tcp dport P ct state established drop", Fails, IsOutgoing: true),
        new("input 0: tcp sport P tcp flags & syn == 0 drop", Fails, IsOutgoing: true),
        new("input 0: tcp sport P ct state established accept | input 1: tcp sport P drop", Fails, IsOutgoing: true),
        new("output -300: tcp dport P ct zone set 5 | input 0: tcp sport P ct state != established drop", Fails, IsOutgoing: true),
        new("output -300: tcp dport P ct zone set 5 | prerouting -300: tcp sport P ct zone set 5 | input 0: tcp sport P ct state != "
            + "established drop", Works, IsOutgoing: true),
        new("output 0: tcp dport P tcp dport set 9", Fails, IsOutgoing: true),
        new("output 0: tcp dport P tcp sport set 9", Fails, IsOutgoing: true),
        new("prerouting -350: tcp sport P tcp sport set 9", Fails, IsOutgoing: true),
    ];

    [Fact]
    public async Task Connections_are_made_and_carry_a_byte_as_the_judge_says()
    {
        using var lab = new HandshakeLab(Enumerable.Range(FirstPort, Cases.Length));
        Load(lab.Target);
        var judge = lab.Judge();
        var attempts = Cases.SelectMany((c, i) => c.Attempts(FirstPort + i).Select(a => (Case: c, Attempt: a))).ToArray();
        var works = await lab.Try([.. attempts.Select(static a => a.Attempt)]);
        var wrong = new List<string>();
        for (var i = 0; i < attempts.Length; i++)
        {
            var (@case, attempt) = attempts[i];
            var said = HandshakeWords.Of(HandshakeLab.Say(judge, attempt));
            if (works[i] != (@case.Outcome ?? works[i]))
            {
                wrong.Add($"the kernel: {(works[i] ? "works" : "fails")}: {attempt} {@case.Rules}");
            }

            // What depends is honest; what is proved must be so.
            if (said.IsProvedToWork is { } isProved && isProved != works[i])
            {
                wrong.Add($"the kernel: {(works[i] ? "works" : "fails")}, the judge: {said.Text}: {attempt} {@case.Rules}");
            }

            if (said.IsProvedToWork is null && !@case.MayDepend)
            {
                wrong.Add($"not proved: {said.Text}: {attempt} {@case.Rules}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Connections_that_tracking_did_not_see_begin_are_taken_up_only_where_that_is_on()
    {
        using var lab = new HandshakeLab(FirstPort);
        lab.Target.Setting("net/netfilter/nf_conntrack_tcp_loose", "0");
        lab.Target.Nft(
            $$"""
            table inet f {
              chain p { type filter hook prerouting priority -300; tcp dport {{FirstPort}} notrack; }
              chain o { type filter hook output priority 0; ct state new drop; }
            }
            """);
        Handshake attempt = new(true, FirstPort, false);

        Assert.True(HandshakeWords.Of(HandshakeLab.Say(lab.Judge(static facts => facts), attempt)).IsProvedToWork);
        Assert.True((await lab.Try([attempt]))[0]);
        Assert.Null(
            HandshakeWords.Of(HandshakeLab.Say(
                lab.Judge(static facts => facts with { TakesUpConnections = null }), attempt)).IsProvedToWork);
    }

    private static void Load(LabHost target)
    {
        var rules = Cases.SelectMany(
            static (c, i) =>
                c.Rules.Split(" | ", StringSplitOptions.RemoveEmptyEntries).Select(
                    r => r.Replace("P ", string.Create(CultureInfo.InvariantCulture, $"{FirstPort + i} "), StringComparison.Ordinal)))
            .Select(static r => r.Split(": ", 2))
            .GroupBy(static r => r[0], static r => r[1]);
        var text = new System.Text.StringBuilder("table inet f {\n");
        foreach (var chain in rules)
        {
            var words = chain.Key.Split(' ');
            text.Append(
                CultureInfo.InvariantCulture,
                $"chain {words[0]}{words[1].Replace('-', 'm')} {{ type filter hook {words[0]} priority {words[1]};\n"
                    + $"{string.Join('\n', chain)}\n}}\n");
        }

        target.Nft(text.Append("}\n").ToString());
    }

    private const bool Works = true;
    private const bool Fails = false;

    /// <summary>Rules of one port.</summary>
    /// <param name="Rules">Hook, priority and rule, several behind bars; P is the port.</param>
    /// <param name="Outcome">What the kernel makes of it; <c>null</c> where that depends on the machine.</param>
    /// <param name="IsIPv4">The family, or <c>null</c> for both.</param>
    /// <param name="IsOutgoing">Whether the judged host connects.</param>
    private sealed record Case(string Rules, bool? Outcome, bool? IsIPv4 = null, bool IsOutgoing = false)
    {
        /// <summary>Whether it depends on what tracking makes of a connection that it sees some packets of.</summary>
        public bool MayDependToo { get; init; }

        /// <summary>Whether it writes into packets, or tells data from acknowledgments.</summary>
        public bool MayDepend =>
            MayDependToo || Rules.Contains(" set ", StringComparison.Ordinal) || Rules.Contains("psh", StringComparison.Ordinal);

        public IEnumerable<Handshake> Attempts(int port) =>
            new[] { true, false }.Where(is4 => IsIPv4 is null || IsIPv4 == is4).Select(is4 => new Handshake(is4, port, IsOutgoing));
    }
}
