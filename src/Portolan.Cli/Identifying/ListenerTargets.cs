using System.Net;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Identifying;

/// <summary>Where each row of the chart is asked what it is: over loopback, or at the address that it is bound to.</summary>
internal static class ListenerTargets
{
    private static readonly InternetAddress Loopback = InternetAddress.From(IPAddress.Loopback);

    /// <summary>The address; or why there is none to ask.</summary>
    /// <param name="row">The listener.</param>
    /// <param name="rows">All of them: a connection belongs to the bind that fits its address best.</param>
    public static (InternetAddress? Address, string? WhyNot) AddressOf(ChartRow row, IReadOnlyList<ChartRow> rows)
    {
        if (row.Protocol is not (TransportProtocol.Tcp or TransportProtocol.Udp))
        {
            return (null, "not TCP or UDP");
        }

        string? whyNot = null;
        foreach (var bind in row.Binds)
        {
            if (bind.InterfaceIndex is not (0 or PortBind.LoopbackInterface))
            {
                whyNot = "bound to one interface";
            }
            else if (!bind.IsWildcard && IsGroup(bind.Address.Unmap()))
            {
                whyNot = "a multicast address";
            }
            else if (Candidates(bind).FirstOrDefault(address => Gets(row, address, rows)) is { IsUnspecified: false } free)
            {
                return (free, null);
            }
        }

        return (null, whyNot ?? "another socket receives its loopback connections");
    }

    /// <summary>What looks like a printer, by namespace.</summary>
    /// <param name="all">All listeners.</param>
    /// <param name="rows">Those that are asked.</param>
    /// <param name="answers">What those are that were asked already, by the number of the row in <paramref name="rows"/>.</param>
    public static Dictionary<int, PrinterSigns> Signs(
        IReadOnlyList<ChartRow> all, IReadOnlyList<ChartRow> rows, IReadOnlyDictionary<int, ServiceAnswer> answers)
    {
        var signs = new Dictionary<int, PrinterSigns>();
        foreach (var space in all.Where(static row => !row.IsClient).GroupBy(static row => row.NamespaceIndex))
        {
            // All listeners of a namespace are known: the other ports are closed.
            var known = default(PrinterSigns);
            known.AddUnopened(TransportProtocol.Tcp, PrinterSigns.FirstRaw);
            foreach (var row in space)
            {
                known.Add(row.Protocol, row.Port);
            }

            signs[space.Key] = known;
        }

        for (var i = 0; i < rows.Count; i++)
        {
            var known = signs.GetValueOrDefault(rows[i].NamespaceIndex);
            known.Add(answers.GetValueOrDefault(i)?.Service);
            signs[rows[i].NamespaceIndex] = known;
        }

        return signs;
    }

    /// <summary>The target of a row.</summary>
    public static ServiceTarget Of(ChartRow row, InternetAddress address, PortNumber? printerPort, ulong runNumber) =>
        new(new RemoteSocket(address, Scope: null, row.Port), row.Protocol, Name: null)
        {
            PrinterPort = printerPort,
            RunNumber = runNumber,
        };

    private static IEnumerable<InternetAddress> Candidates(PortBind bind)
    {
        if (!bind.IsWildcard)
        {
            yield return bind.Address.Unmap();
            yield break;
        }

        if (bind.TakesIPv4)
        {
            yield return Loopback;
        }

        if (bind.TakesIPv6)
        {
            yield return InternetAddress.From(IPAddress.IPv6Loopback);
        }

        // All of 127.0.0.0/8 is this host's: one that no other socket is bound to.
        if (bind.TakesIPv4)
        {
            yield return InternetAddress.From(IPAddress.Parse("127.0.0.2"));
            yield return InternetAddress.From(IPAddress.Parse("127.83.86.68"));
        }
    }

    // Sockets that fit an address better than this row's get its connections. Equal ones share them, and so does an answer.
    private static bool Gets(ChartRow row, InternetAddress address, IReadOnlyList<ChartRow> rows)
    {
        var mine = row.Binds.Max(b => b.Fit(address));
        return rows.All(other => ReferenceEquals(other, row) || other.NamespaceIndex != row.NamespaceIndex || other.Port != row.Port
            || other.Protocol != row.Protocol
            || other.Binds.All(b => b.Fit(address) <= mine));
    }

    private static bool IsGroup(InternetAddress address) => address.IsMulticast || address == InternetAddress.From(IPAddress.Broadcast);
}
