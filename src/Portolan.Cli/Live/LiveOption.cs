using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Live;

/// <summary>The option <c>--watch[=SECONDS]</c> of the chart.</summary>
internal static class LiveOption
{
    private const string Usual = "2";

    /// <summary>Gives a bare <c>--watch</c> its value: the word behind it is a port or a name, <c>portolan --watch 8080</c>.</summary>
    public static IReadOnlyList<string> Normalize(IReadOnlyList<string> args) => !args.Contains("--watch") ? args
        : [.. args.TakeWhile(static a => a != "--").Select(static a => a == "--watch" ? $"--watch={Usual}" : a),
            .. args.SkipWhile(static a => a != "--")];

    /// <summary>Reads the time between two looks.</summary>
    public static TimeSpan Read(string text) => DurationText.Read("--watch", text, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1));

    /// <summary>Refuses a stdout that no screen can be drawn on.</summary>
    /// <exception cref="PortolanException">It is not a terminal, or one whose cursor cannot be placed.</exception>
    public static void RequireScreen(CommandContext context)
    {
        if (context.Json)
        {
            return;
        }

        if (!context.OutputIsTerminal)
        {
            throw new PortolanException(
                "--watch draws a screen, and stdout is not a terminal",
                $"portolan watch prints changes as lines; portolan --watch --json is for programs", ExitCode.Usage);
        }

        if (context.Environment("TERM") is not { } term || term is "" or "dumb")
        {
            throw new PortolanException(
                "--watch draws a screen, and this terminal cannot place its cursor (TERM is dumb or not set)",
                $"set TERM, e.g. TERM=xterm portolan --watch; portolan watch prints changes as lines", ExitCode.Usage);
        }
    }
}
