using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Linux.Terminals;
using Portolan.Sockets.Filtering;
using Portolan.Traffic;
using Portolan.Traffic.Composing;
using Portolan.Traffic.Grouping;

namespace Portolan.Cli.Traffic;

/// <summary>The live table of a terminal: drawn again at each look, with keys for what rows are, for their order and for a pause.</summary>
/// <remarks>
/// Rows stay where they are: a new one is put below the others, and only a key sorts them. While it is paused counting goes on.
/// </remarks>
internal sealed class TrafficScreen(CommandContext context, TrafficRequest request, TrafficMeter meter, SocketFilter filter)
{
    /// <summary>Narrower terminals get lines of so many columns.</summary>
    private const int LeastColumns = 20;

    private static readonly (char Key, TrafficGrouping Grouping)[] Keys =
    [
        ('p', TrafficGrouping.Port), ('r', TrafficGrouping.Process), ('u', TrafficGrouping.Unit), ('c', TrafficGrouping.Container),
        ('s', TrafficGrouping.User), ('h', TrafficGrouping.Remote), ('i', TrafficGrouping.Interface), ('n', TrafficGrouping.Connection),
    ];

    /// <summary>How long a key may wait.</summary>
    private static readonly TimeSpan KeyTime = TimeSpan.FromMilliseconds(100);

    private readonly RowPlaces _places = new();
    private TrafficSummary? _summary;
    private bool _isPaused;
    private int _lines;

    /// <summary>What rows are: as a key chose last.</summary>
    public TrafficGrouping Grouping { get; private set; } = request.Grouping;

    /// <summary>Draws until it is ended: by a key, or by cancelling.</summary>
    /// <param name="looked">Called after each look.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public void Run(Action looked, CancellationToken cancellationToken)
    {
        using var keys = context.InputIsTerminal ? context.OpenKeys() : null;
        try
        {
            for (var next = request.Every; ; next = meter.Elapsed + request.Every)
            {
                if (!WaitUntil(next, keys, cancellationToken))
                {
                    return;
                }

                meter.Look(cancellationToken);
                looked();
                var summary = meter.Summarize(Grouping, filter, sinceBegin: false);
                if (!_isPaused)
                {
                    _summary = summary;
                    Draw();
                }
            }
        }
        finally
        {
            Erase();
            context.Flush();
        }
    }

    /// <summary>Waits, and does what keys say meanwhile.</summary>
    /// <returns>Whether it goes on.</returns>
    private bool WaitUntil(TimeSpan time, ITerminalKeys? keys, CancellationToken cancellationToken)
    {
        Span<byte> pressed = stackalloc byte[64];
        while (time - meter.Elapsed is { Ticks: > 0 } left)
        {
            cancellationToken.WaitHandle.WaitOne(left < KeyTime ? left : KeyTime);
            cancellationToken.ThrowIfCancellationRequested();
            var count = keys?.Take(pressed) ?? 0;
            foreach (var key in pressed[..count])
            {
                if (!Take((char)key))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Does what a key says.</summary>
    /// <returns>Whether it goes on.</returns>
    private bool Take(char key)
    {
        switch (key)
        {
            case 'q':
                return false;
            case ' ':
                _isPaused = !_isPaused;
                Draw();
                break;
            case 'o':
                _places.Forget();
                Draw();
                break;
            default:
                if (Array.Find(Keys, k => k.Key == key) is { Key: not '\0' } found)
                {
                    Grouping = found.Grouping;
                    _places.Forget();
                    _summary = _summary is null ? null : meter.Summarize(Grouping, filter, sinceBegin: false);
                    Draw();
                }

                break;
        }

        return true;
    }

    private void Draw()
    {
        if (_summary is not { } summary)
        {
            return;
        }

        var (columns, rows) = context.ReadOutputSize() ?? (context.OutputWidth ?? 80, int.MaxValue);

        // One column and the line of the cursor stay free: what is drawn can be taken back.
        var width = Math.Max(LeastColumns, columns - 1);
        Erase();
        Line(Head(summary), width);
        var ordered = _places.Order(summary.Rows);
        var most = Math.Max(1, rows == int.MaxValue ? int.MaxValue : rows - 7);
        var shown = ordered.Count <= most ? ordered : ordered.GetRange(0, most);
        var text = new TrafficText(context, Grouping, isLive: true);
        _lines += text.Write(shown, summary, width);
        if (shown.Count < ordered.Count)
        {
            Line(string.Create(CultureInfo.InvariantCulture, $"and {ordered.Count - shown.Count} more; o sorts by rate"), width);
        }

        foreach (var fact in TrafficFacts.Missing(summary, TrafficWords.BetterWay(request)).Take(1))
        {
            Line($"unknown: {TerminalText.Escape(fact.What)}", width);
        }

        Line("p port  r process  u unit  c container  s user  h remote  i interface", width);
        Line("n connection  |  o sort  space pause  q end", width);
        context.Flush();
    }

    private string Head(TrafficSummary summary)
    {
        var paused = _isPaused ? ", paused" : "";
        var words = filter.Text.Length == 0 ? "" : $", {TerminalText.Escape(filter.Text)}";
        var time = new ShortDuration(summary.Elapsed);
        return $"by {Grouping.Word()}, {time}, payload bytes, {TrafficFacts.Method(meter.Method)}{words}{paused}";
    }

    private void Line(string text, int width)
    {
        context.Writer.WriteLine(text.Length <= width ? text : text[..width]);
        _lines++;
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
