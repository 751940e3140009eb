using System.CommandLine;
using Portolan.Cli.Completions;
using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan completions SHELL</c>.</summary>
public sealed class CompletionsCommand : PortolanCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    private readonly Argument<string> _shell = new("shell") { Description = "bash, zsh or fish", HelpName = "SHELL" };

    /// <summary>Makes the command.</summary>
    public CompletionsCommand()
        : base("completions", "print a shell's completion script")
    {
        _shell.CompletionSources.Add(Shells);
        Arguments.Add(_shell);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The script knows every command and option. For words that only the running program knows, e.g. filter fields and service names, it
        runs the program. ./install puts the scripts in place for all users.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new(
            "portolan completions bash | install -D /dev/stdin ~/.local/share/bash-completion/completions/portolan",
            "in every bash of this user"),
        new("portolan completions fish | install -D /dev/stdin ~/.config/fish/completions/portolan.fish", "in every fish of this user"),
        new("portolan completions zsh | install -D /dev/stdin ~/.zfunc/_portolan", "in zsh, where ~/.zfunc is in fpath"),
    ];

    /// <inheritdoc/>
    public override string WhyNoJson => "a completion script is code for a shell";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var shell = parsed.GetValue(_shell)!;
        context.Writer.Write(shell switch
        {
            "bash" => BashScript.Render(CompletionTree.Read()),
            "zsh" => ZshScript.Render(CompletionTree.Read()),
            "fish" => FishScript.Render(CompletionTree.Read()),
            _ => throw new PortolanException($"no completion for {shell}", $"bash, zsh and fish have one", ExitCode.Usage),
        });
        return ExitCode.Success;
    }
}
