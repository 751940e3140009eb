using System.Globalization;
using Portolan.Model;

namespace Portolan.Scan.Formats;

/// <summary>Pieces that nmap's formats share.</summary>
internal static class FormatText
{
    /// <summary>The time as C's <c>ctime</c> writes it, in the offset that the time has: <c>Fri Nov  6 11:13:03 2026</c>.</summary>
    public static string CTime(DateTimeOffset time) => string.Create(
        CultureInfo.InvariantCulture, $"{time:ddd MMM} {time.Day,2} {time:HH:mm:ss yyyy}");

    /// <summary>Seconds with two digits after the point.</summary>
    public static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Such as <c>4 IP addresses (2 hosts up) scanned in 1.26 seconds</c>.</summary>
    public static string Balance(Results.ScanEnd end) => string.Create(
        CultureInfo.InvariantCulture,
        $"{end.HostsTotal} IP address{(end.HostsTotal == 1 ? "" : "es")} ({end.HostsUp} host{(end.HostsUp == 1 ? "" : "s")} up) scanned in {Seconds(end.Elapsed)} seconds");

    /// <summary>Writes a port list such as <c>1-21,23,80-81</c>.</summary>
    public static void WritePorts(Utf8Writer output, PortSet ports)
    {
        var isFirst = true;
        foreach (var range in ports.Ranges)
        {
            if (!isFirst)
            {
                output.Write(',');
            }

            isFirst = false;
            output.WriteNumber(range.First.Value);
            if (range.Last != range.First)
            {
                output.Write('-');
                output.WriteNumber(range.Last.Value);
            }
        }
    }
}
