using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Changing.Table;
using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Firewall.Changing;

public sealed class NotesTests
{
    [Fact]
    public void Any_state_reads_back_from_its_notes() => Fuzz.Run(150, (random, _) =>
    {
        var state = RandomState(random);
        Assert.True(NotesReader.TryRead(Lines(state), out var read));
        Assert.Equal(Describe(state), Describe(read));
    });

    [Fact]
    public void No_note_is_longer_than_nft_takes() => Fuzz.Run(50, (random, _) =>
        Assert.All(Lines(RandomState(random)), l => Assert.True(l.Length <= 128 && l.All(c => c is >= ' ' and <= '~' and not '"'), l)));

    [Fact]
    public void Damaged_notes_never_throw() => Fuzz.Run(500, (random, _) =>
    {
        var lines = Lines(RandomState(random)).Select(
            l => random.Next(4) == 0
                ? System.Text.Encoding.Latin1.GetString(Fuzz.Damage(random, System.Text.Encoding.Latin1.GetBytes(l)))
                : l);
        NotesReader.TryRead(lines, out var _);
    });

    [Fact]
    public void Hostile_names_cannot_end_a_comment()
    {
        var origin = new ChangeOrigin(ChangeOriginKind.Console) { Terminal = "tty\" drop\n" };
        var context = new ChangeContext("a\"; flush ruleset; \u202e\\", DateTimeOffset.UnixEpoch, origin, TimeSpan.FromSeconds(5));
        Assert.True(RuleWords.TryParse(0, "block 80/tcp", out var rule));
        var text = TableText.Of(OwnTableBuilder.Build(RulePlanner.Add(OwnState.Empty, [rule], rule.Words, context).After));
        Assert.DoesNotContain("a\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("tty\"", text, StringComparison.Ordinal);
        Assert.All(text, c => Assert.True(c is '\n' or '\t' or (>= ' ' and <= '~')));
    }

    internal static OwnState RandomState(Random random)
    {
        var state = OwnState.Empty;
        for (var count = random.Next(1, 8); count > 0; count--)
        {
            var context = new ChangeContext(
                "user " + random.Next(3), DateTimeOffset.UnixEpoch.AddMilliseconds(random.Next()), Origin(random),
                TimeSpan.FromSeconds(random.Next(1, 90)));
            var rules = Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomRule(random)).ToList();
            var plan = RulePlanner.Add(state, rules, string.Join(", ", rules.Select(r => r.Words)), context);
            state = plan.After;
            if (random.Next(3) == 0 && plan.Change is { } change)
            {
                state = PendingPlanner.Confirm(state, [change]).After;
                if (random.Next(2) == 0 && state.Changes.LastOrDefault(c => !c.IsPending) is { } last)
                {
                    state = RulePlanner.Undo(state, [last], context).After;
                }
            }
        }

        return state;
    }

    internal static OwnRule RandomRule(Random random)
    {
        string[] froms = [
            "", " --from 10.0.0.0/8", " --from 10.1.0.0/16", " --from 2001:db8::/32",
            " --from 192.0.2.1-192.0.2.77,198.51.100.7,2001:db8::1,2001:db8:1::/48,2001:db8:3::-2001:db8:3::fffe,"
                + "2001:db8:ffff:ffff:ffff:ffff:ffff:1", " --from 0.0.0.0/0"];
        string[] ports = ["80/tcp", "53", "1-1023/tcp", "22,80,443,8000-8100/tcp", "5353/udp", "9/sctp"];
        string[] more = ["", " --iface eth0", " --to 192.0.2.10"];
        var action = (OwnAction)random.Next(3);
        var words = action.Word() + ' ' + ports[random.Next(ports.Length)] + froms[random.Next(froms.Length)];
        words += words.Contains("--from 2001", StringComparison.Ordinal) ? "" : more[random.Next(more.Length)];
        words += action == OwnAction.Allow && random.Next(3) == 0
            ? (random.Next(2) == 0 ? " --rate 10/minute/sender --uncounted 192.0.2.7" : " --rate 10/minute/shared")
            : "";
        words += random.Next(3) == 0 ? " --for 1h30m" : "";
        words = random.Next(12) == 0 ? "close-unused" : words;
        Assert.True(RuleWords.TryParse(0, words, out var rule), words);
        Assert.Equal(words, rule.Words);
        return rule;
    }

    private static ChangeOrigin Origin(Random random) => random.Next(3) switch
    {
        0 => ChangeOrigin.Unknown,
        1 => new ChangeOrigin(ChangeOriginKind.Console) { Terminal = "tty1" },
        _ => new ChangeOrigin(ChangeOriginKind.Network)
        {
            Cookie = (ulong)random.NextInt64(),
            Inode = (uint)random.Next(),
            LocalAddress = InternetAddress.FromIPv4((uint)random.Next()),
            LocalPort = 22,
            RemoteAddress = InternetAddress.FromNumber((UInt128)random.Next(3) << 64, false),
            RemotePort = (ushort)random.Next(65536),
        },
    };

    private static IEnumerable<string> Lines(OwnState state) =>
        NotesWriter.Write(state).Single(s => s.Name == NotesWriter.Notes).Elements.Select(e => e.Comment!);

    private static string Describe(OwnState state) => string.Join('\n',
    [
        $"{state.LastRuleNumber} {state.LastChangeNumber}",
        .. state.Rules.Select(r => $"{r.Number} {r.Words}"),
        .. state.Changes.Select(
            c => $"{c.Number} {c.IsPending} {c.At:O} {c.By.Replace(' ', '_')} {c.Words} {c.Origin} {string.Join(' ', c.Added)} "
                + $"{string.Join(' ', c.Undoes)} {string.Join(';', c.Removed.Select(r => $"{r.Before} {r.Rule.Number} {r.Rule.Words}"))}"),
    ]);
}
