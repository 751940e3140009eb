using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Firewall.Changing;

/// <summary>A dump of a set that grows meanwhile may leave out elements: that is neither the end of a change nor of a rule.</summary>
public sealed class TornTableTests
{
    private static readonly ChangeContext Context = new("ann", DateTimeOffset.UnixEpoch, ChangeOrigin.Unknown, TimeSpan.FromSeconds(60));

    [Fact]
    public void Every_missing_note_is_noticed_the_last_one_too() => Fuzz.Run(30, (random, _) =>
    {
        var state = NotesTests.RandomState(random);
        if (state.Rules.Count(r => r.Action == OwnAction.Close) > 1)
        {
            return; // There is one default drop at most in a table.
        }

        var whole = Table(state);
        var count = whole.Sets.Single(s => s.Name == NotesWriter.Notes).Elements.Count;
        for (var missing = 0; missing < count; missing++)
        {
            var torn = Rules(Without(whole, NotesWriter.Notes, missing));
            var refusal = Assert.Throws<PortolanException>(() => OwnTable.Read(torn));
            Assert.Contains("is not as this version of Portolan writes it", refusal.Message, StringComparison.Ordinal);
        }
    });

    [Fact]
    public void Tables_from_before_the_notes_were_counted_are_read() => Fuzz.Run(30, (random, _) =>
    {
        var lines = NotesWriter.Write(NotesTests.RandomState(random)).Single(s => s.Name == NotesWriter.Notes).Elements.Select(
            e => e.Comment!).ToList();
        Assert.StartsWith("portolan 1: ", lines[0], StringComparison.Ordinal);
        Assert.True(NotesReader.TryRead(["portolan 1", .. lines.Skip(1)], out var _));
        Assert.False(NotesReader.TryRead(["portolan 2", .. lines.Skip(1)], out var _));
        Assert.False(NotesReader.TryRead(["portolan 1: many notes", .. lines.Skip(1)], out var _));
    });

    [Theory]
    [InlineData(NotesWriter.Notes)]
    [InlineData(NotesWriter.Pending)]
    [InlineData("rule-1")]
    public void What_one_reading_misses_the_next_one_finds(string set)
    {
        var whole = Table(Pending());
        var torn = Without(whole, set, set == NotesWriter.Notes ? whole.Sets.Single(s => s.Name == set).Elements.Count - 1 : null);

        var (own, reads) = Read(torn, torn, whole);

        Assert.Equal(3, reads);
        Assert.Empty(own.Expired);
        Assert.Equal("allow 80/tcp", Assert.Single(own.State.Rules).Words);
        Assert.True(Assert.Single(own.State.Changes).IsPending);
    }

    [Fact]
    public void What_every_reading_misses_is_over()
    {
        var whole = Table(Pending());

        var (own, _) = Read(Without(whole, NotesWriter.Pending, 0));

        Assert.Equal(1, Assert.Single(own.Expired).Number);
        Assert.Empty(own.State.Rules);
    }

    [Fact]
    public void A_whole_table_is_read_once() => Assert.Equal(1, Read(Table(Pending())).Reads);

    private static OwnState Pending()
    {
        Assert.True(RuleWords.TryParse(0, "allow 80/tcp", out var rule));
        return RulePlanner.Add(OwnState.Empty, [rule], rule.Words, Context).After;
    }

    private static RuleTable Table(OwnState state) =>
        OwnTable.Find(ProposedRuleset.With(Ruleset.Empty, TableMessages.Batch(OwnTableBuilder.Build(state), 1)))!;

    private static RuleTable Without(RuleTable table, string set, int? element) => table with
    {
        Sets = [.. table.Sets.Select(
            s => s.Name == set ? s with { Elements = [.. s.Elements.Where((_, i) => element is { } one && i != one)] } : s)],
    };

    private static Ruleset Rules(RuleTable table) => Ruleset.Empty with { Tables = [table] };

    /// <summary>Reads what the kernel shows one time after the other; the last of it from then on.</summary>
    private static (OwnTable Own, int Reads) Read(params RuleTable[] shown)
    {
        var reads = 0;
        var changer = new RuleChanger(static () => new ScriptedChannel())
        {
            ReadRules = (_, _) => new RulesetReading(RulesetAccess.Read, Rules(shown[Math.Min(reads++, shown.Length - 1)])),
        };
        return (changer.Read(CancellationToken.None).Own, reads);
    }
}
