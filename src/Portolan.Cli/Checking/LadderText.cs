using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>Draws a hop as a ladder: the client on the left, the server on the right, time going down.</summary>
internal sealed class LadderText(Utf8Writer output, int width, bool color)
{
    /// <summary>A terminal narrower than this gets no ladder. Columns.</summary>
    public const int LeastWidth = 50;

    private const int TimeColumn = 12;
    private const int MostInside = 60;

    private readonly int _inside = Math.Min(width - TimeColumn - 6, MostInside);

    /// <summary>Draws it; nothing for a hop where nothing was sent.</summary>
    /// <returns>Whether it drew one.</returns>
    public bool Write(CheckHop hop)
    {
        var events = LadderEvents.Of(hop);
        if (events.Count == 0)
        {
            return false;
        }

        output.WriteLine();
        WriteEnds(hop);
        foreach (var @event in events)
        {
            var time = CheckText.Milliseconds(@event.At);
            output.Pad(TimeColumn - 2 - time.Length);
            output.Write(time, AnsiStyle.Dim, color);
            output.Write("  │ ");
            WriteArrow(@event);
            output.Write(" │\n");
        }

        output.WriteLine();
        return true;
    }

    private void WriteEnds(CheckHop hop)
    {
        var (client, server) = PairOf(hop) is { } pair
            ? (StepLines.Socket(pair.LocalAddress, pair.LocalPort), StepLines.Socket(pair.RemoteAddress, pair.RemotePort))
            : ("this host", hop.Target.Host.Length > 0 ? $"{hop.Target.Host}:{hop.Target.Port}" : "server");
        output.Pad(TimeColumn);
        output.Write(client, AnsiStyle.Bold, color);
        var gap = _inside + 4 - client.Length - server.Length;
        if (gap < 2)
        {
            // Two long addresses of IPv6 stand below each other, each above its end.
            output.WriteLine();
            gap = Math.Max(0, TimeColumn + _inside + 4 - server.Length);
        }

        output.Pad(gap);
        output.Write(server, AnsiStyle.Bold, color);
        output.WriteLine();
    }

    private static SocketPair? PairOf(CheckHop hop) =>
        hop.Find<ConnectStep>() is { } connect
            ? (connect.Winner ?? connect.Attempts[0]).Pair
            : hop.Find<DatagramStep>()?.Exchange.Pair ?? (hop.Find<QueryStep>() is { Questions: [var first, ..] } ? first.Pair : null);

    private void WriteArrow(LadderEvent @event)
    {
        var label = new Utf8Writer();
        label.WriteEscaped(@event.Label);
        var room = _inside - 4;
        if (DisplayWidth.Of(label.Written) > room)
        {
            var whole = label;
            label = new Utf8Writer();
            label.Write(whole.Written[..DisplayWidth.BytesThatFit(whole.Written, room - 1)]);
            label.Write("…"u8);
        }

        var text = label.Written;
        var rest = _inside - DisplayWidth.Of(text);
        switch (@event.Direction)
        {
            case LadderDirection.Out:
                output.Write(text);
                output.Write(' ');
                Line(rest - 2);
                output.Write("▶");
                break;
            case LadderDirection.In:
                output.Write("◀");
                Line(rest - 2);
                output.Write(' ');
                output.Write(text);
                break;
            default:
                var left = (rest - 4) / 2;
                output.Pad(left);
                output.Write("· ");
                output.Write(text);
                output.Write(" ·");
                output.Pad(rest - 4 - left);
                break;
        }
    }

    private void Line(int length)
    {
        for (var i = 0; i < length; i++)
        {
            output.Write("─");
        }
    }
}
