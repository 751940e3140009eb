using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Forwarding.Engine;

namespace Portolan.Cli.Forwarding;

/// <summary>
/// What people see of a forward: lines when it begins and when something changes, and on a terminal a table that is drawn again and again.
/// </summary>
internal sealed class ForwardScreen(CommandContext context)
{
    /// <summary>Narrower terminals get lines of so many.</summary>
    private const int LeastColumns = 20;

    private readonly ForwardStatus _table = new();
    private readonly bool _isLive = context.OutputIsTerminal && context.Environment("TERM") is not (null or "" or "dumb");
    private int _lines;

    /// <summary>Says what begins.</summary>
    public void Begin(IReadOnlyList<ForwardPlanEntry> entries, KernelPlan? kernel)
    {
        foreach (var (first, count) in ForwardPlanText.Group(entries))
        {
            context.Writer.Write("forwarding ");
            ForwardPlanText.WriteEnds(context.Writer, entries[first], count);
            if (kernel is not null)
            {
                context.Writer.Write($" in the kernel{(kernel.Family(first) is { } family ? $", {family}" : "")}");
            }

            context.Writer.WriteLine();
        }

        context.Flush();
        foreach (var (name, setting) in SettingLines.Of(kernel?.Settings ?? []))
        {
            BestEffortStderr.Say(context, $"portolan: {name} is {setting.During} until the end (it was {setting.Before})");
        }

        if (_isLive)
        {
            BestEffortStderr.Say(context, "portolan: Ctrl-C ends it");
        }
    }

    /// <summary>Draws the table, on a terminal only.</summary>
    public void Update(IForwardEngine engine, double seconds)
    {
        if (_isLive)
        {
            Erase();
            _table.Update(engine, seconds);
            var (columns, rows) = context.ReadOutputSize() ?? (context.OutputWidth ?? 80, int.MaxValue);
            // One column and the line of the cursor stay free: what is drawn can be taken back.
            _lines = _table.Write(context.Writer, context.OutputColor, Math.Max(LeastColumns, columns - 1), rows - 1);
            context.Flush();
        }
    }

    /// <summary>Says what changed.</summary>
    public void Tell(ForwardNotice notice)
    {
        Erase();
        context.Flush();
        BestEffortStderr.Say(context, notice.Target is { } target
            ? $"portolan: {TerminalText.Escape(target.ToString())} is {(notice.IsGood ? "up" : "down")}: {TerminalText.Escape(notice.Text)}"
            : $"portolan: {TerminalText.Escape(notice.Text)}");
        if (notice.Hint is { } hint)
        {
            BestEffortStderr.Say(context, hint.ToHint());
        }
    }

    /// <summary>Says that it ends, and how long that may take.</summary>
    public void Ending(int active, TimeSpan drain)
    {
        if (active > 0 && drain > TimeSpan.Zero)
        {
            Erase();
            context.Flush();
            BestEffortStderr.Say(context, string.Create(
                CultureInfo.InvariantCulture,
                $"portolan: {active} {(active == 1 ? "connection" : "connections")} may continue for {DurationText.Format(drain)}; another "
                    + $"Ctrl-C ends them at once"));
        }
    }

    /// <summary>The balance.</summary>
    public void End(IForwardEngine engine, int reset, double seconds)
    {
        Erase();
        _table.Update(engine, seconds);
        _table.Write(
            context.Writer, context.OutputColor,
            (context.ReadOutputSize()?.Columns ?? context.OutputWidth) is { } columns ? Math.Max(LeastColumns, columns) : null);
        context.Flush();
        if (reset > 0)
        {
            BestEffortStderr.Say(
                context,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"portolan: {reset} {(reset == 1 ? "connection was" : "connections were")} still open and reset"));
        }
    }

    private void Erase()
    {
        if (_lines > 0)
        {
            context.Writer.Write(string.Create(CultureInfo.InvariantCulture, $"\x1b[{_lines}A\x1b[J"));
            _lines = 0;
        }
    }
}
