using System.Globalization;
using Portolan.Lab.Scenarios;

namespace Portolan.Lab.Scoring;

/// <summary>Writes a score for people.</summary>
public static class ScoreText
{
    /// <summary>Before a line that goes on below.</summary>
    private const string Continuation = "  ";

    /// <summary>Writes the figures, then every wrong port with what is right and why.</summary>
    /// <param name="score">The score.</param>
    /// <param name="lab">The lab's name.</param>
    /// <param name="output">Where to.</param>
    /// <param name="columns">How wide a line may be.</param>
    public static void Write(LabScore score, string lab, TextWriter output, int columns = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(score);
        ArgumentNullException.ThrowIfNull(output);
        Say($"{score.Format} over {lab}: {Count(score.PortsJudged, "port")} of {Count(score.HostsJudged, "host")} judged");
        Line(
            output,
            $"precision    {Share(score.Precision)}  {score.OpenFound} of {score.OpenFound + score.OpenFalse} ports called open are open");
        Line(
            output, $"recall       {Share(score.Recall)}  {score.OpenFound} of {score.OpenFound + score.OpenMissed} open ports were found");
        Line(output, $"wrong states {score.WrongStates,6}");
        if (score.PortsVarying > 0)
        {
            Line(output, $"left out     {score.PortsVarying,6}  ports that change with time");
        }

        foreach (var host in score.Hosts)
        {
            Line(output, $"");
            Line(output, $"{host.Address}{(host.Name is null ? "" : $" ({host.Name})")}");
            foreach (var wrong in host.Wrong)
            {
                var found = wrong.Found == PortState.Unknown ? "not open" : wrong.Found.Name();
                Say($"  {wrong.Ports}/{wrong.Protocol.Name()}: {wrong.Expected.Name()}, found {found}: {wrong.Why}");
            }
        }

        if (score.HostsNotListed > 0)
        {
            Line(output, $"");
            Line(output, $"{Count(score.HostsNotListed, "more host")} with wrong ports");
        }

        foreach (var note in score.Notes)
        {
            Say($"note: {note}");
        }

        void Say(FormattableString text)
        {
            var line = TerminalText.Escape(text.ToString(CultureInfo.InvariantCulture));
            var start = line.Length - line.TrimStart().Length;
            var isFirst = true;
            foreach (var part in WrapText.Lines(line[start..], columns - Continuation.Length, line[..start]))
            {
                output.WriteLine(isFirst ? part : Continuation + part);
                isFirst = false;
            }
        }
    }

    private static string Count(long count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    // Rounded down: 100 % means all.
    private static string Share(double value) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(value * 10_000) / 100,5:0.##} %").PadLeft(8);

    // What a file says may hold anything.
    private static void Line(TextWriter output, FormattableString text) =>
        output.WriteLine(TerminalText.Escape(text.ToString(CultureInfo.InvariantCulture)));
}
