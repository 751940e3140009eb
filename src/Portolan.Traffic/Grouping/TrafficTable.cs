using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;
using Portolan.Traffic.Counting;

namespace Portolan.Traffic.Grouping;

/// <summary>What was counted, put together in rows.</summary>
public sealed class TrafficTable
{
    private readonly Dictionary<TrafficRowKey, TrafficRow> _rows = [];

    private TrafficTable()
    {
    }

    /// <summary>The rows, in no order.</summary>
    public IReadOnlyCollection<TrafficRow> Rows => _rows.Values;

    /// <summary>Flows for which the filter could not be decided: what it asks is hidden.</summary>
    public int Undecided { get; private set; }

    /// <summary>Payload that flows of the own namespace received, whatever the filter says.</summary>
    public ulong OwnBytesIn { get; private set; }

    /// <summary>Payload that flows of the own namespace sent, whatever the filter says.</summary>
    public ulong OwnBytesOut { get; private set; }

    /// <summary>Puts a reading together.</summary>
    /// <param name="reading">What was counted.</param>
    /// <param name="grouping">What rows are.</param>
    /// <param name="filter">Which sockets they are of.</param>
    /// <param name="names">Names.</param>
    /// <param name="rateOf">Bytes of a flow in a second, for the filter; <c>null</c> where they cannot be counted.</param>
    public static TrafficTable Of(
        TrafficReading reading, TrafficGrouping grouping, SocketFilter filter, ITrafficNames names, Func<TrafficFlow, double?> rateOf)
    {
        var table = new TrafficTable();
        var judge = filter.Syntax is null ? null : new FlowFilter(filter, reading, names, rateOf);
        foreach (var flow in reading.Flows)
        {
            if (reading.IsOwn(flow))
            {
                table.OwnBytesIn += flow.BytesIn ?? 0;
                table.OwnBytesOut += flow.BytesOut ?? 0;
            }

            switch (judge?.Judge(flow) ?? FilterResult.Yes)
            {
                case FilterResult.Yes:
                    table.Add(flow, grouping, names, reading);
                    break;
                case FilterResult.Unknown:
                    table.Undecided++;
                    break;
            }
        }

        return table;
    }

    /// <summary>The port that was dialled, or <c>null</c>.</summary>
    public static PortNumber? Dialled(TrafficFlow flow) => flow.Role switch
    {
        FlowRole.Client when flow.RemotePort != 0 => new PortNumber(flow.RemotePort),
        FlowRole.Server => flow.DialledPort ?? new PortNumber(flow.LocalPort),
        _ => null,
    };

    private void Add(TrafficFlow flow, TrafficGrouping grouping, ITrafficNames names, TrafficReading reading)
    {
        if (grouping is TrafficGrouping.Process or TrafficGrouping.Unit or TrafficGrouping.Container)
        {
            AddByProcess(flow, grouping, names);
            return;
        }

        var row = Row(KeyOf(flow, grouping, names, reading), null);
        row.Add(flow, FlowPart.Whole(flow, 0, null), isMain: true);
        if (flow.Shares.Count == 0 && flow.HolderPid != 0 && names.Process(flow.HolderPid, null) is { } holder)
        {
            row.AddOwner(holder.ShownName, (flow.BytesIn ?? 0) + (flow.BytesOut ?? 0));
        }

        foreach (var share in flow.Shares)
        {
            row.AddOwner(names.Process(share.ProcessId, share)?.ShownName ?? $"pid {share.ProcessId}", share.BytesIn + share.BytesOut);
        }
    }

    private void AddByProcess(TrafficFlow flow, TrafficGrouping grouping, ITrafficNames names)
    {
        var parts = ShareSplit.Of(flow);
        for (var index = 0; index < parts.Count; index++)
        {
            var part = parts[index];
            var process = part.ProcessId == 0 ? null : names.Process(part.ProcessId, part.Share);
            var name = grouping switch
            {
                TrafficGrouping.Unit => process?.Unit,
                TrafficGrouping.Container => process?.Container is { } container ? container.Name ?? container.Id : null,
                _ => process?.ShownName,
            };
            var isProcess = grouping == TrafficGrouping.Process;
            var key = new TrafficRowKey(grouping) { Name = name, ProcessId = isProcess && part.ProcessId != 0 ? part.ProcessId : null };
            var row = Row(key, isProcess ? process : null);
            row.Add(flow, part, isMain: index == 0);
            if (process is not null)
            {
                row.AddOwner(process.ShownName, (part.BytesIn ?? 0) + (part.BytesOut ?? 0));
            }
        }
    }

    private TrafficRow Row(TrafficRowKey key, ProcessInfo? process)
    {
        if (!_rows.TryGetValue(key, out var row))
        {
            _rows.Add(key, row = new TrafficRow { Key = key, Process = process });
        }

        return row;
    }

    private static TrafficRowKey KeyOf(TrafficFlow flow, TrafficGrouping grouping, ITrafficNames names, TrafficReading reading) =>
        grouping switch
        {
            TrafficGrouping.Port => new TrafficRowKey(grouping)
            {
                Protocol = flow.Protocol,
                Port = Dialled(flow),
                Role = flow.Role,
            },
            TrafficGrouping.User => new TrafficRowKey(grouping) { Name = flow.UserId is { } user ? names.User(user) : null },
            TrafficGrouping.Remote => new TrafficRowKey(grouping)
            {
                RemoteAddress = flow.RemoteAddress.IsUnspecified ? null : flow.RemoteAddress.Unmap(),
            },
            TrafficGrouping.Interface => new TrafficRowKey(grouping) { Name = reading.IsOwn(flow) ? names.Interface(flow) : null },
            _ => new TrafficRowKey(TrafficGrouping.Connection)
            {
                Protocol = flow.Protocol,
                Role = flow.Role,
                LocalAddress = flow.LocalAddress.Unmap(),
                LocalPort = flow.LocalPort == 0 ? null : new PortNumber(flow.LocalPort),
                RemoteAddress = flow.RemoteAddress.IsUnspecified ? null : flow.RemoteAddress.Unmap(),
                RemotePort = flow.RemotePort == 0 ? null : new PortNumber(flow.RemotePort),
                Namespace = reading.IsOwn(flow) ? 0 : flow.Namespace,
            },
        };
}

/// <summary>Where the names of what is counted come from.</summary>
public interface ITrafficNames
{
    /// <summary>What is known of a process, also of one that is gone; <c>null</c> where that is nothing.</summary>
    /// <param name="processId">Its number.</param>
    /// <param name="share">What its calls left, where there were any.</param>
    ProcessInfo? Process(int processId, ProcessShare? share);

    /// <summary>The name of a user, or its number.</summary>
    string User(uint userId);

    /// <summary>The interface that a flow of the own namespace passes; <c>null</c> where that is not known.</summary>
    string? Interface(TrafficFlow flow);
}
