using System.CommandLine;

namespace Portolan.Cli.Hosting;

/// <summary>
/// The parser's root: the global options and one command. Not a RootCommand, whose directives would swallow a first word like <c>[::1]</c>.
/// </summary>
public sealed class CommandLineRoot
{
    private readonly Command _root;

    private CommandLineRoot(Command root, PortolanCommand command)
    {
        _root = root;
        Command = command;
        Globals = new GlobalOptions();
        Globals.AddTo(root);
    }

    /// <summary>The command that will run.</summary>
    public PortolanCommand Command { get; }

    /// <summary>The options that every command has.</summary>
    public GlobalOptions Globals { get; }

    /// <summary>Whether no command was named.</summary>
    public bool IsDefault => ReferenceEquals(_root, Command);

    /// <summary>A root for a command that is named first.</summary>
    public static CommandLineRoot With(PortolanCommand command)
    {
        // The groups around it need no options of their own: only their names stand on the command line.
        Command inner = command;
        var groups = command.FullName.Split(' ');
        for (var i = groups.Length - 2; i >= 0; i--)
        {
            inner = new Command(groups[i]) { inner };
        }

        return new(new Command("portolan") { inner }, command);
    }

    /// <summary>The index of the first word behind the words that name the command, global options between them skipped.</summary>
    public int FirstWord(IReadOnlyList<string> args)
    {
        if (IsDefault)
        {
            return 0;
        }

        var next = GlobalOptions.SkipLeading(args, 0) + 1;
        for (var i = Command.FullName.AsSpan().Count(' '); i > 0; i--)
        {
            next = GlobalOptions.SkipLeading(args, next) + 1;
        }

        return next;
    }

    /// <summary>A root for the command that runs when none is named.</summary>
    public static CommandLineRoot WithDefault(PortolanCommand command) => new(command, command);

    /// <summary>Parses. Errors are in the result.</summary>
    public ParseResult Parse(IReadOnlyList<string> args) =>
        _root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = true });
}
