using Portolan.Cli.Commands;
using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Options;
using Portolan.Model;

namespace Portolan.Tests.Cli.Scanning;

/// <summary>Reads command lines of <c>scan</c> as the program does, without running them.</summary>
internal static class ScanLine
{
    /// <summary>Midnight of a day, for file names with times.</summary>
    public static DateTimeOffset Now => new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    /// <summary>What the words after <c>portolan scan</c>, separated by spaces, ask for.</summary>
    public static ScanRequest Read(string words)
    {
        string[] args = ["scan", .. words.Split(' ')];
        var command = new ScanCommand();
        var root = CommandLineRoot.With(command);
        var normalized = command.Normalize(args);
        WordCheck.Check(normalized, root);
        var parsed = root.Parse(normalized);
        return parsed.Errors.Count > 0
            ? throw WordCheck.Usage(ParseErrorText.Describe(parsed), root)
            : command.Read(parsed, parsed.GetValue(root.Globals.Json), Now);
    }

    /// <summary>Why the words are refused as a wrong command line.</summary>
    public static PortolanException Refuse(string words)
    {
        var refusal = Assert.Throws<PortolanException>(() => Read(words));
        Assert.Equal(ExitCode.Usage, refusal.ExitCode);
        return refusal;
    }
}
