using System.Globalization;
using Portolan.Cli.Changing.Via;
using Portolan.Cli.Hosting;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Saving;
using Portolan.Model;

namespace Portolan.Cli.Changing;

/// <summary>Shows a change to a person: what changed on stdout, what to know and to do on stderr.</summary>
internal sealed class ChangeText(CommandContext context)
{
    private const int MostShown = 20;

    /// <summary>Shows it.</summary>
    public void Write(ChangeOutcome outcome)
    {
        var plan = outcome.Applied.Change.Plan;
        foreach (var expired in outcome.Applied.Expired)
        {
            Say($"note: change {expired.Number} ({expired.Words}) was not confirmed in time and has expired");
        }

        foreach (var lost in outcome.Applied.Lost)
        {
            Say($"warning: rule #{lost.Number} ({lost.Words}) is gone: another program removed it from table inet portolan; add it again "
                + $"if you still want it");
        }

        foreach (var note in plan.Notes.Concat(outcome.Notes))
        {
            Say("note: " + note);
        }

        foreach (var warning in outcome.Warnings)
        {
            Say("warning: " + warning);
        }

        if (outcome.Via is { } via)
        {
            ViaText.Write(context, via, outcome.DryRun);
            return;
        }

        if (outcome.DryRun)
        {
            WriteDiff(outcome, "# ");
            context.Writer.WriteLine("# table inet portolan as it would be loaded in one transaction; nothing was changed");
            context.Writer.WriteLine(outcome.Applied.Change.Text.TrimEnd('\n'));
            context.Flush();
            return;
        }

        WriteHead(outcome);
        WriteDiff(outcome, "");
        context.Flush();
        WriteNext(outcome);
    }

    /// <summary>The rules that come and go, one line each.</summary>
    public void WriteDiff(ChangeOutcome outcome, string prefix)
    {
        var plan = outcome.Applied.Change.Plan;
        foreach (var rule in plan.Removed)
        {
            context.Writer.WriteLine(Line($"{prefix}- #{rule.Number} {rule.Words}"));
        }

        foreach (var rule in plan.Added)
        {
            var remark = outcome.Remark(rule) is { } text ? "    " + TerminalText.Escape(text) : "";
            context.Writer.WriteLine(Line($"{prefix}+ #{rule.Number} {rule.Words}{remark}"));
        }
    }

    private void WriteHead(ChangeOutcome outcome)
    {
        var plan = outcome.Applied.Change.Plan;
        if (plan.Change is { } change)
        {
            context.Writer.WriteLine(Line($"change {change.Number}: pending for {DurationText.Format(change.Timeout!.Value)}"));
        }

        foreach (var confirmed in plan.Confirmed)
        {
            context.Writer.WriteLine(Line($"change {confirmed.Number}: confirmed ({confirmed.Words})"));
        }

        foreach (var discarded in plan.Discarded)
        {
            context.Writer.WriteLine(Line($"change {discarded.Number}: undone ({discarded.Words})"));
        }
    }

    private void WriteNext(ChangeOutcome outcome)
    {
        if (outcome.Cut is { } cut)
        {
            var kept = cut.Kept > 0 ? "; your own was kept" : "";
            Say(Line($"cut {cut.Sockets} socket connections and {cut.Tracked} tracked connections{kept}"));
            foreach (var ended in cut.Ended.Take(MostShown))
            {
                var (remote, local) = (End(ended.Remote, ended.RemotePort), End(ended.Local, ended.LocalPort));
                Say(Line($"cut {ended.Protocol.Name()} {remote} → {local}{(ended.IsSocket ? "" : " (tracked)")}"));
            }

            if (cut.Ended.Count > MostShown)
            {
                Say(Line($"and {cut.Ended.Count - MostShown} more; --json lists all"));
            }

            foreach (var problem in cut.Problems)
            {
                Say("warning: " + problem);
            }
        }

        if (outcome.Applied.Change.Plan.Change is not null)
        {
            var ssh = outcome.Session.Origin.Kind == ChangeOriginKind.Console
                ? Advice.Of($"")
                : $" from a new connection (with ssh: -o ControlMaster=no -o ControlPath=none)";
            Hint($"to keep it, run portolan firewall confirm{ssh}; otherwise the kernel removes it automatically");
        }

        switch (outcome.Saved)
        {
            case { Result: SaveResult.Saved } saved:
                Say($"saved for the next boot: {saved.FilePath}, loaded by portolan-firewall.service");
                break;
            case { Result: SaveResult.Removed } removed:
                Say($"no rule is left to save: {removed.FilePath} and its unit were removed");
                break;
            case { Result: SaveResult.FileOnly } file:
                Say($"warning: saved to {file.FilePath}, but {file.Why}");
                break;
            case { Result: SaveResult.NotSaved or SaveResult.Failed, Why: { } why }:
                Say($"warning: not saved for the next boot: {why}");
                break;
            default:
                break;
        }
    }

    private static string End(InternetAddress address, ushort port) =>
        address.IsIPv4 ? Line($"{address}:{port}") : Line($"[{address}]:{port}");

    private void Say(string text) => ErrorLines.Write(context, $"portolan: {TerminalText.Escape(text)}");

    private void Hint(Advice hint) => context.Error.WriteLine(hint.ToHint());

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
