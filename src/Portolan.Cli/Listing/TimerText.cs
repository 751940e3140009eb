using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>The timer of a socket as ss writes it between its parentheses: <c>keepalive,119min,0</c>.</summary>
internal static class TimerText
{
    /// <summary>Writes name, time left and count; nothing when no timer runs.</summary>
    public static void Write(in SocketEntry entry, Utf8Writer output)
    {
        if (entry.Timer == SocketTimer.Off)
        {
            return;
        }

        output.Write(entry.Timer switch
        {
            SocketTimer.Retransmit => "on"u8,
            SocketTimer.KeepAlive => "keepalive"u8,
            SocketTimer.TimeWait => "timewait"u8,
            SocketTimer.Persist => "persist"u8,
            _ => "unknown"u8,
        });
        output.Write(',');
        WriteTime(entry.TimerMilliseconds, output);
        output.Write(',');
        output.WriteNumber(entry.Retransmits);
    }

    // Two units at most, as in ss: 119min, 1min30sec, 59sec, 1.200sec, 204ms.
    private static void WriteTime(uint milliseconds, Utf8Writer output)
    {
        var (minutes, seconds, rest) = (milliseconds / 60_000, milliseconds / 1000 % 60, milliseconds % 1000);
        if (minutes > 0)
        {
            output.WriteNumber(minutes);
            output.Write("min"u8);
        }

        if (minutes > 9 || (minutes > 0 && seconds == 0))
        {
            return;
        }

        if (minutes == 0 && seconds == 0)
        {
            output.WriteNumber(rest);
            output.Write("ms"u8);
            return;
        }

        output.WriteNumber(seconds);
        if (minutes == 0 && seconds < 10 && rest > 0)
        {
            output.Write('.');
            output.Write((byte)('0' + (rest / 100)));
            output.Write((byte)('0' + (rest / 10 % 10)));
            output.Write((byte)('0' + (rest % 10)));
        }

        output.Write("sec"u8);
    }
}
