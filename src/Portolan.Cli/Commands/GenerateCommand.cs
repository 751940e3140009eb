using System.CommandLine;
using Portolan.Cli.Completions;
using Portolan.Cli.Help;
using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan generate man|docs|completions|identify DIR</c>, hidden: ./install and scripts/docs call it.</summary>
public sealed class GenerateCommand : PortolanCommand
{
    private readonly Argument<string> _what = new("what") { Description = "man, docs, completions or identify", HelpName = "WHAT" };
    private readonly Argument<string> _folder = new("folder") { Description = "the folder for the files; it must exist", HelpName = "DIR" };

    /// <summary>Makes the command.</summary>
    public GenerateCommand()
        : base("generate", "write man pages, docs/cli, completion scripts or the probes of -sV into a folder")
    {
        _what.CompletionSources.Add("man", "docs", "completions", "identify");
        Arguments.Add(_what);
        Arguments.Add(_folder);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan generate man man1", "one page for each command"),
        new("portolan generate docs docs/cli", "the pages of docs/cli"),
        new("portolan generate identify docs", "the generated part of docs/identify.md"),
    ];

    /// <inheritdoc/>
    public override string WhyNoJson => "it writes files";

    /// <summary>The files of a kind: name and text.</summary>
    public static IEnumerable<(string Name, string Text)> Files(string what)
    {
        PortolanCommand[] commands = [CommandTree.CreateDefault(), .. CommandTree.CreateAll()];
        return what switch
        {
            "man" => commands.Select(c => (ManPage.FileName(c), ManPage.Render(c, ProgramVersion.Read().Version))),
            "docs" => commands.Select(c => (MarkdownPage.FileName(c), MarkdownPage.Render(c))),
            "completions" => Scripts(CompletionTree.Read()),
            _ => throw new PortolanException($"generate takes man, docs, completions or identify, not {what}", exitCode: ExitCode.Usage),
        };
    }

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var folder = parsed.GetValue(_folder)!;
        if (parsed.GetValue(_what) == "identify")
        {
            var path = Path.Combine(folder, "identify.md");
            Write(path, ProbePage.Renew(Read(path)));
            return ExitCode.Success;
        }

        foreach (var (name, text) in Files(parsed.GetValue(_what)!))
        {
            Write(Path.Combine(folder, name), text);
        }

        return ExitCode.Success;
    }

    private static string Read(string path)
    {
        try
        {
            using var file = NamedFile.Open(path, new FileStreamOptions());
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return System.Text.Encoding.UTF8.GetString(bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"cannot read {path}: {NamedFile.WhyNot(exception, path, FileAccess.Read)}", $"give the folder that contains identify.md",
                inner: exception);
        }
    }

    private static void Write(string path, string text)
    {
        try
        {
            using var file = NamedFile.Open(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write });
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"cannot write {path}: {NamedFile.WhyNot(exception, path, FileAccess.Write)}", $"give a folder that this user may write to",
                inner: exception);
        }
    }

    private static IEnumerable<(string Name, string Text)> Scripts(CompletionTree tree) =>
        [("portolan", BashScript.Render(tree)), ("_portolan", ZshScript.Render(tree)), ("portolan.fish", FishScript.Render(tree))];
}
