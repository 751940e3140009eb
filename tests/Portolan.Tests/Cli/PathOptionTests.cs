using System.Text.RegularExpressions;
using Portolan.Cli.Hosting;

namespace Portolan.Tests.Cli;

/// <summary>
/// Options that take a path are known, so that the end-to-end tests can run each of them against a file that the caller may not read.
/// </summary>
public sealed partial class PathOptionTests
{
    [Fact]
    public void Every_option_of_the_command_tree_that_takes_a_path_is_in_the_list()
    {
        var inTree = Commands().SelectMany(TakersOfPaths).Order(StringComparer.Ordinal);
        var known = PathOptions.All.Select(static row => $"{row.Command} {row.Option}")
            .Concat(PathOptions.NeverOpened.Select(static row => $"{row.Command} {row.Option}"));
        Assert.Equal(inTree, known.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<PortolanCommand> Commands() =>
        [CommandTree.CreateDefault(), .. CommandTree.CreateAll(), CommandTree.Create("generate")!, CommandTree.Create("replay")!];

    private static IEnumerable<string> TakersOfPaths(PortolanCommand command) =>
        command.Options.Where(static o => IsPath(o.HelpName, o.Description)).Select(o => $"{command.FullName} {o.Name}")
            .Concat(
                command.Arguments.Where(static a => IsPath(a.HelpName, a.Description) || IsPath(a.Name, null)).Select(
                    a => $"{command.FullName} {a.Name}"));

    private static bool IsPath(string? placeholder, string? description) =>
        PathWord().IsMatch(placeholder ?? "") || (description ?? "").Contains("unix:PATH", StringComparison.Ordinal);

    [GeneratedRegex("FILE|PATH|DIR|FOLDER|BASENAME|RESULT|^[AB]$")]
    private static partial Regex PathWord();
}
