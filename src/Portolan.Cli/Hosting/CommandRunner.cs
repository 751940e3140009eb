using System.CommandLine;
using Portolan.Model;

namespace Portolan.Cli.Hosting;

/// <summary>Parses the arguments, runs the command, and turns every failure into one line, a hint and an exit code.</summary>
public static class CommandRunner
{
    /// <summary>Runs and returns the exit code.</summary>
    public static int Run(string[] args, CommandContext context)
    {
        var root = new RootCommand("The chart of this machine's ports");
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            return parsed.Errors.Count > 0 ? (int)ExitCode.Usage : parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (PortolanException e)
        {
            context.Error.WriteLine($"portolan: {e.Message}");
            return (int)e.ExitCode;
        }
    }
}
