using Portolan.Cli.Commands;
using Portolan.Cli.Commands.Firewall;
using Portolan.Cli.Commands.Fleet;
using Portolan.Cli.Commands.History;
using Portolan.Cli.Help;
using Portolan.Cli.Hosting;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

/// <summary>Walks every command, option and argument: help, man pages, docs and completions are made of these texts.</summary>
public sealed class CommandTreeTests
{
    public static TheoryData<string> Names => [.. Commands().Select(c => c.FullName)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_command_says_in_one_line_what_it_does(string name)
    {
        var command = Find(name);
        AssertOneLine(command.Description);
        Assert.DoesNotContain(command.Details.Split('\n'), line => line.Length > 140 || line.EndsWith(' '));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_option_has_a_group_a_description_and_unambiguous_names(string name)
    {
        var command = Find(name);
        var grouped = command.Groups.SelectMany(g => g.Options).ToList();
        Assert.Equal(command.Options.ToHashSet(), grouped.ToHashSet());
        var all = grouped.Concat(new GlobalOptions().All).ToList();
        Assert.All(all, option => AssertOneLine(option.Description));
        Assert.All(all, option => Assert.StartsWith("--", option.Name, StringComparison.Ordinal));
        var names = all.SelectMany(UsageLine.Names).ToList();
        Assert.Equal(names.Distinct(StringComparer.Ordinal), names);
        Assert.All(
            names,
            n => Assert.True(UsageLine.IsLong(n) || n.Length == 2, $"{n}: a two-letter option with one dash would be taken for a bundle"));
        Assert.All(all.Where(o => o.Arity.MaximumNumberOfValues > 0), o => Assert.Matches("^[][0-9A-Z,|.-]+$", UsageLine.Placeholder(o)));
        Assert.All(command.Groups, group => AssertOneLine(group.Title));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_argument_has_a_description(string name)
    {
        Assert.All(Find(name).Arguments, argument => AssertOneLine(argument.Description));
        Assert.All(Find(name).Arguments, argument => Assert.Matches("^[A-Z]", UsageLine.Placeholder(argument)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_command_shows_real_examples_that_parse(string name)
    {
        var command = Find(name);
        Assert.InRange(command.Examples.Count, 2, 6);
        foreach (var (line, shows) in command.Examples)
        {
            AssertOneLine(shows);
            var words = ShellWords.Split(line);
            Assert.Equal("portolan", words[0]);
            var args = words[1..];
            var root = CommandTree.RootFor(args);
            Assert.True(
                command is CommandGroup
                    ? root.Command.FullName.StartsWith($"{name} ", StringComparison.Ordinal)
                    : command.GetType() == root.Command.GetType(), line);
            var normalized = root.Command.Normalize(args);
            WordCheck.Check(normalized, root);
            Assert.Empty(root.Parse(normalized).Errors);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_command_has_json_with_a_schema_or_says_why_not(string name)
    {
        var command = Find(name);
        Assert.True(command.JsonSchema is null != (command.WhyNoJson is null), "exactly one of JsonSchema and WhyNoJson");
        if (command.JsonSchema is { } schema)
        {
            Assert.Matches("^portolan\\.[a-z-]+/[0-9]+$", schema);
            Assert.True(
                File.Exists(Repository.PathOf("docs", "schema", $"{schema.Replace('/', '-')}.json")),
                $"docs/schema has no file for {schema}");
        }
        else
        {
            var console = new TestConsole();
            Assert.Equal(2, console.Run([.. name.Split(' '), "--json"]));
            Assert.Contains("--json is not supported here: ", console.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_exit_code_is_named_once_and_has_a_meaning(string name)
    {
        var codes = Find(name).ExitCodes;
        Assert.Equal(codes.Select(c => c.Code).Distinct(), codes.Select(c => c.Code));
        Assert.All(codes, code => AssertOneLine(code.When));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_reference_leads_to_a_command_or_a_man_page(string name) => Assert.All(
        Find(name).SeeAlso,
        reference =>
            Assert.True(
                reference == "portolan" || CommandTree.Contains(reference) || reference.EndsWith(')'), $"{reference} is no command"));

    [Theory]
    [MemberData(nameof(Names))]
    public void Help_of_every_command_fits_the_terminal_and_names_every_option(string name)
    {
        var console = new TestConsole();
        Assert.Equal(0, name == "portolan" ? console.Run("--help") : console.Run([.. name.Split(' '), "--help"]));
        Assert.All(
            Find(name).Options.Where(o => !o.Hidden),
            option => Assert.Contains(UsageLine.Of(option), console.Output, StringComparison.Ordinal));
        var examples = Find(name).Examples.Select(e => $"  {e.CommandLine}").Append($"  {UsageLine.Of(Find(name))}").ToHashSet(
            StringComparer.Ordinal);
        Assert.All(
            console.Output.Split('\n').Where(line => !examples.Contains(line) && !line.StartsWith("  Usage", StringComparison.Ordinal)),
            line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public void Only_the_command_that_is_named_is_built()
    {
        var root = CommandTree.RootFor(["--color", "never", "version", "list"]);
        Assert.IsType<VersionCommand>(root.Command);
    }

    [Fact]
    public void Of_a_group_only_the_command_that_is_named_is_built()
    {
        Assert.IsType<FirewallShowCommand>(CommandTree.RootFor(["firewall", "show", "list"]).Command);
        Assert.IsType<FirewallShowCommand>(CommandTree.RootFor(["--json", "firewall", "--color", "never", "show"]).Command);
        Assert.IsType<FirewallCommand>(CommandTree.RootFor(["firewall"]).Command);
        Assert.IsType<FirewallCommand>(CommandTree.RootFor(["firewall", "list", "show"]).Command);
        Assert.IsType<ChartCommand>(CommandTree.RootFor(["show"]).Command);
        Assert.IsType<ChartCommand>(CommandTree.RootFor(["firewall show"]).Command);
    }

    [Fact]
    public void The_commands_of_a_group_stand_right_behind_it()
    {
        var names = Commands().Select(c => c.FullName).ToList();
        Assert.All(names.Where(n => n.Contains(' ', StringComparison.Ordinal)), name =>
        {
            var group = name[..name.LastIndexOf(' ')];
            Assert.True(
                Find(group) is CommandGroup or HistoryCommand or TrafficCommand or AgentCommand or WatchCommand,
                $"{group} takes no commands");
            Assert.All(names[names.IndexOf(group)..names.IndexOf(name)], n => Assert.StartsWith(group, n, StringComparison.Ordinal));
        });
    }

    [Theory]
    [InlineData("firewall", "portolan firewall needs a command: show", "run portolan help firewall")]
    [InlineData("firewall shwo", "portolan firewall has no command 'shwo'; did you mean show?", "run portolan help firewall show")]
    [InlineData("firewall list", "portolan firewall has no command 'list'", "portolan help firewall lists its commands")]
    [InlineData("firewall --by-rule show", "unknown option '--by-rule' for portolan firewall", "run portolan help firewall")]
    [InlineData("firewall show 80 extra", "unexpected word 'extra'", "run portolan help firewall show")]
    [InlineData(
        "firewall show --by-rul", "unknown option '--by-rul' for portolan firewall show; did you mean --by-rule?",
        "run portolan help firewall show")]
    [InlineData("show", "unknown command 'show'; did you mean firewall show?", "run portolan help firewall show")]
    [InlineData("firewal", "unknown command 'firewal'; did you mean firewall?", "run portolan help firewall")]
    [InlineData("top", "'top' is not a command of Portolan", "portolan traffic shows bytes per port; --by process per program")]
    [InlineData("help firewall shwo", "portolan firewall has no command 'shwo'; did you mean show?", "run portolan help firewall show")]
    [InlineData("help list show", "portolan list has no subcommands", "run portolan help list")]
    public void A_wrong_command_of_a_group_is_refused_with_the_nearest_word(string line, string message, string hint)
    {
        var console = new TestConsole();
        Assert.Equal(2, console.Run(line.Split(' ')));
        Assert.StartsWith($"portolan: {message}", console.Error, StringComparison.Ordinal);
        Assert.Contains($"hint: {hint}\n", console.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ls", "portolan list ")]
    [InlineData("ps", "portolan list ")]
    [InlineData("nmap 127.0.0.1", "portolan scan TARGET ")]
    [InlineData("open 8080", "portolan shows open ports; portolan help allow ")]
    public void The_name_of_another_tool_is_answered_with_what_shows_the_same(string line, string hint)
    {
        var console = new TestConsole();
        Assert.Equal(2, console.Run(line.Split(' ')));
        Assert.StartsWith(
            $"portolan: '{line.Split(' ')[0]}' is not a command of Portolan\nhint: {hint}", console.Error.ReplaceLineEndings("\n"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Help_explains_a_group_and_a_command_of_it()
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run("help", "firewall"));
        Assert.Contains("portolan firewall COMMAND [OPTIONS]", console.Output, StringComparison.Ordinal);
        Assert.Contains("\nCommands:\n  show", console.Output, StringComparison.Ordinal);
        console = new TestConsole();
        Assert.Equal(0, console.Run("help", "firewall", "show"));
        Assert.Contains("portolan firewall show [OPTIONS]", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tulpn", "list -tulpn")]
    [InlineData("-an -t", "list -an -t")]
    [InlineData("-l port 80", "list -l port 80")]
    [InlineData("--color never -tln", "list --color never -tln")]
    [InlineData("-an", "-an")]
    [InlineData("-v", "-v")]
    [InlineData("-tZ", "-tZ")]
    [InlineData("-h", "-h")]
    [InlineData("-V", "version")]
    [InlineData("--version --json", "version --json")]
    [InlineData("who -t", "who -t")]
    public void What_fingers_know_is_expanded(string typed, string meant)
    {
        Assert.Equal(meant.Split(' '), Shorthand.Expand(typed.Split(' ')));
    }

    [Fact]
    public void Flags_that_run_the_list_are_those_of_the_list()
    {
        var flags = new ListCommand().Options.Where(static o => o.Arity.MaximumNumberOfValues == 0)
            .SelectMany(static o => o.Aliases.Append(o.Name)).Where(static n => n.Length == 2).Select(static n => n[1]);
        Assert.Equal(flags.Order(), Shorthand.ListFlags.Order());
    }

    private static List<PortolanCommand> Commands() => [CommandTree.CreateDefault(), .. CommandTree.CreateAll(), new GenerateCommand()];

    private static PortolanCommand Find(string name) => Commands().Single(c => c.FullName == name);

    private static void AssertOneLine(string? text)
    {
        Assert.False(string.IsNullOrWhiteSpace(text));
        Assert.DoesNotContain('\n', text);
        Assert.Equal(text.Trim(), text);
        Assert.False(text.EndsWith('.') && !text.EndsWith("...", StringComparison.Ordinal), $"no full stop: {text}");
    }
}
