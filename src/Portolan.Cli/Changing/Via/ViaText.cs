using Portolan.Cli.Hosting;

namespace Portolan.Cli.Changing.Via;

/// <summary>Shows what a manager runs, and what that changes.</summary>
internal static class ViaText
{
    /// <summary>What is decided now and then, one line for each protocol, families with the same answer together.</summary>
    public static IEnumerable<string> Rows(IReadOnlyList<ViaRow> before, IReadOnlyList<ViaRow>? after)
    {
        var rows = before.Select((b, i) => (b.Scope, Family: b.IsIPv4 ? "IPv4" : "IPv6", Text: Text(b, after?[i])));
        foreach (var same in rows.GroupBy(static r => (r.Scope, r.Text)))
        {
            yield return TerminalText.Escape(
                $"{same.Key.Scope}  {string.Join(" and ", same.Select(static r => r.Family))}  {same.Key.Text}");
        }
    }

    /// <summary>Shows it all: on stdout what was run and is true, on stderr what failed.</summary>
    public static void Write(CommandContext context, ViaOutcome via, bool isDryRun)
    {
        var plan = via.Plan;
        foreach (var row in Rows(plan.Before, plan.Commands.Count == 0 ? null : via.After))
        {
            context.Writer.WriteLine(isDryRun ? "# " + row : row);
        }

        if (plan.Commands.Count == 0)
        {
            context.Writer.WriteLine(
                plan.IsOpen ? "nothing to do: it is allowed already" : $"nothing to run: no command of {via.Manager} allows this");
            context.Flush();
            return;
        }

        if (isDryRun)
        {
            context.Writer.WriteLine("# would be run; nothing was changed");
        }

        foreach (var command in plan.Commands.Where(c => isDryRun || c is { IsRun: true, IsFailed: false }))
        {
            var said = command.Output is { Length: > 0 } output ? ": " + TerminalText.Escape(output) : "";
            context.Writer.WriteLine(isDryRun ? command.Text : $"ran {command.Text}{said}");
        }

        context.Flush();
        if (isDryRun)
        {
            return;
        }

        foreach (var command in plan.Commands.Where(static c => c.IsFailed))
        {
            var how = command.ExitCode is { } code ? $" with exit code {code}" : "";
            Say(context, $"{command.Text} failed{how}: {(command.Output!.Length > 0 ? command.Output : "no output")}");
        }

        foreach (var command in plan.Commands.Where(static c => !c.IsRun))
        {
            Say(context, $"not run: {command.Text}");
        }

        if (TakingBack(plan) is { } back)
        {
            context.Error.WriteLine(Advice.Of($"to undo it, run {back}").ToHint());
        }
    }

    /// <summary>What takes back the commands that were run, the last first; <c>null</c> where none was.</summary>
    private static Advice? TakingBack(ViaPlan plan)
    {
        var done = plan.Commands.Where(static c => c is { IsRun: true, IsFailed: false }).Reverse();
        var back = done.Select(static c => Advice.Words(c.Reversal)).Distinct().ToList();
        return back.Count == 0 ? null : Advice.Join(" && ", back);
    }

    private static string Text(ViaRow before, ViaRow? after)
    {
        var now = Word(before);
        return after is null ? now : $"{now} → {(after == before ? "the same" : Word(after))}";
    }

    private static string Word(ViaRow row) => row.Reach switch
    {
        AllowReach.Open => "allowed",
        AllowReach.Closed => $"blocked by {row.By}",
        AllowReach.Partly => $"partly blocked by {row.By}",
        _ => row.By is null ? "unknown" : $"unknown: depends on {row.By}",
    };

    private static void Say(CommandContext context, string text) =>
        ErrorLines.Write(context, $"portolan: {TerminalText.Escape(text)}");
}
