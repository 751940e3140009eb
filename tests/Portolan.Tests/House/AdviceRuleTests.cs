using System.Reflection;
using System.Text.RegularExpressions;
using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>
/// What people are told to run is an <see cref="Advice"/>, which quotes what is filled in; the compiler takes no string for one.
/// </summary>
public sealed partial class AdviceRuleTests
{
    /// <summary>Who puts text of others into sentences without quotes, and which. None of it stands in a command.</summary>
    private static readonly Dictionary<string, string> Prose = new(StringComparer.Ordinal)
    {
        ["src/Portolan.Cli/Changing/AllowJudge.cs"] = "rules, by name, and what they protect from",
        ["src/Portolan.Cli/Changing/ChangeRunner.cs"] = "this command",
        ["src/Portolan.Cli/Commands/HelpCommand.cs"] = "a command",
        ["src/Portolan.Cli/Hosting/CommandGroup.cs"] = "a command",
        ["src/Portolan.Cli/Hosting/WordCheck.cs"] = "a command",
        ["src/Portolan.Cli/Listing/SocketKindWords.cs"] = "the words of an option",
        ["src/Portolan.Firewall/Openings/Opening.cs"] = "a line of the system's configuration",
        ["src/Portolan.Lab/Scenarios/ScenarioFit.cs"] = "routers and ports of a built-in lab",
        ["src/Portolan.Lab/Topology/Reading/MapReader.cs"] = "an example, a constant",
        ["src/Portolan.Lab/Topology/Reading/ServiceReader.cs"] = "what a setting takes, a constant",
        ["src/Portolan.Lab/Topology/Reading/TreeBuilder.cs"] = "a bracket",
        ["src/Portolan.Reachability/Explaining/InboundExplainer.cs"] = "rules, by name",
        ["src/Portolan.Reachability/Explaining/Remedies/Remedy.cs"] = "rules, by name, and a manager, in comments",
        ["src/Portolan.Reachability/Explaining/Remedies/RemedyPlan.cs"] = "why no fix was found in time: times and an option",
        ["src/Portolan.Reachability/Explaining/RouteLayer.cs"] = "the senders that were asked about, in a comment",
        ["src/Portolan.Scan/Checking/Expectations/ExpectationParser.cs"] = "all expectations, a constant",
        ["src/Portolan.Server/Watch/Settings/QuietReader.cs"] = "examples, constants",
        ["src/Portolan.Server/Watch/Settings/WatchFile.cs"] = "examples, and the name of the format, constants",
        ["src/Portolan.Sockets/Filtering/Syntax/FilterParser.cs"] = "an example, a constant, and a word of the filter",
        ["src/Portolan.Sockets/Filtering/Syntax/NumberValues.cs"] = "an example, a constant",
    };

    private static readonly string[] Projects =
        ["Portolan.Model", "Portolan.Packets", "Portolan.Linux", "Portolan.Sockets", "Portolan.Firewall", "Portolan.Reachability",
            "Portolan.Scan", "Portolan.Forwarding", "Portolan.Lab", "portolan"];

    [Fact]
    public void Nothing_that_is_called_a_hint_a_remedy_or_a_fix_is_a_string()
    {
        var found = 0;
        foreach (var assembly in Projects.Select(static name => Assembly.Load(name)))
        {
            foreach (var type in assembly.GetTypes())
            {
                const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
                    | BindingFlags.DeclaredOnly;
                foreach (var (name, kind) in type.GetFields(all).Select(static f => (f.Name, f.FieldType))
                    .Concat(type.GetProperties(all).Select(static p => (p.Name, p.PropertyType)))
                    .Concat(
                        type.GetMethods(all).SelectMany(
                            static m =>
                                m.GetParameters().Select(static p => (p.Name ?? "", p.ParameterType)).Append((m.Name, m.ReturnType))))
                    .Concat(
                        type.GetConstructors(all).SelectMany(
                            static c => c.GetParameters().Select(static p => (p.Name ?? "", p.ParameterType)))))
                {
                    if (Called().IsMatch(name) && name != nameof(Advice.ToHint))
                    {
                        found += kind == typeof(Advice) ? 1 : 0;
                        Assert.False(
                            kind == typeof(string) || kind == typeof(IReadOnlyList<string>) || kind == typeof(List<string>),
                            $"{type.FullName}: {name} is text; make it an Advice");
                    }
                }
            }
        }

        Assert.InRange(found, 50, int.MaxValue);
    }

    [Fact]
    public void Text_of_others_without_quotes_stands_where_this_list_says()
    {
        foreach (var file in Repository.Files().Where(
            static f => f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal)))
        {
            var uses = File.ReadAllText(Repository.PathOf(file)).Contains("Advice.Prose(", StringComparison.Ordinal);
            Assert.True(
                uses == Prose.ContainsKey(file), uses ? $"{file}: say here what that text is" : $"{file} has no such text any more");
        }
    }

    [Fact]
    public void Only_an_advice_makes_a_line_that_begins_with_hint() => Assert.Equal(
        ["src/Portolan.Model/Text/Advice.cs"],
        Repository.Files()
            .Where(static f => f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal))
            .Where(static f => File.ReadAllText(Repository.PathOf(f)).Contains("\"hint: ", StringComparison.Ordinal)));

    /// <summary>What is filled in brings its own quotes, which would end those of the text.</summary>
    [Fact]
    public void Nothing_is_filled_in_between_quotes()
    {
        var types = Projects.SelectMany(static name => Assembly.Load(name).GetTypes());
        var holes = types.Where(static t => t != typeof(Advice)).SelectMany(AdviceHoles.Of).ToList();

        Assert.Equal("", string.Join('\n', holes.Where(static h => h.IsQuoted).Select(static h => h.Place)));
        Assert.InRange(holes.Count, 300, int.MaxValue);
    }

    [Theory]
    [InlineData("run portolan list ", false)]
    [InlineData("run portolan list '", true)]
    [InlineData("run portolan list '*:x' ", false)]
    [InlineData("a unit's name, or the kernel's ", false)]
    [InlineData("run sh -c \"echo ", true)]
    [InlineData("run sh -c \"echo it's\" ", false)]
    [InlineData("see `", true)]
    public void An_open_quotation_mark_is_seen(string text, bool isQuoted) => Assert.Equal(isQuoted, AdviceHoles.IsQuoted(text));

    [Fact]
    public void A_hole_between_quotes_is_found_within_another_advice_too()
    {
        var holes = AdviceHoles.Of(typeof(Wrong)).ToList();

        Assert.Equal(5, holes.Count);
        var quoted =
            holes.Where(static h => h.IsQuoted).Select(static h => h.Place[(h.Place.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
        Assert.Equal(["scan '{", "run portolan list 'x' or '{"], quoted);
    }

    private static class Wrong
    {
        public static Advice Of(string name, int port, bool isScan) =>
            Advice.Of($"run portolan list {(isScan ? Advice.Of($"scan '{name}'") : Advice.Of($"{port} that's all"))} or {name}");

        public static Advice Quoted(string name) => Advice.Of($"run portolan list 'x' or '{name}'");
    }

    [GeneratedRegex("(^|_|<)(hint|remedy|fix|fixes|advice)s?(>|$)|(Hint|Remedy|Advice|Fix|Fixes)s?(>|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Called();
}
