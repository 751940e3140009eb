using System.Globalization;

namespace Portolan.Lab.Scenarios;

/// <summary>Looks at the state of one port on each of two hosts, says what it must be, and remembers what was reached.</summary>
internal sealed class StateWatch(ScenarioStage stage)
{
    private readonly SortedSet<TcpState> _reached = [];
    private readonly List<IReadOnlyList<string>> _rows = [];
    private readonly List<string> _wrong = [];
    private string[] _ends = ["", ""];
    private long _start;

    /// <summary>The states that were seen.</summary>
    internal IReadOnlySet<TcpState> Reached => _reached;

    /// <summary>Begins to count the time.</summary>
    internal void Begin()
    {
        _start = stage.Time.GetTimestamp();
        _rows.Clear();
        _wrong.Clear();
    }

    /// <summary>Waits until so much time has gone by since <see cref="Begin"/>, and looks at one port of each of two hosts.</summary>
    internal async Task LookAsync(
        TimeSpan at, string event_, (string Host, int Port, TcpState State) first, (string Host, int Port, TcpState State) second)
    {
        await stage.WaitAsync(at - stage.Time.GetElapsedTime(_start));
        var time = Text(at);
        _ends = [$"{first.Host}:{first.Port}", $"{second.Host}:{second.Port}"];
        _rows.Add([time, Look(first, time).Name(), Look(second, time).Name(), event_]);
    }

    /// <summary>Shows what was seen since <see cref="Begin"/>, and says whether all of it is as it must be.</summary>
    internal void Show()
    {
        stage.Show("states", TextColumns.Lines(["time", .. _ends, ""], _rows));
        stage.Expect(_wrong.Count == 0, $"all {_rows.Count * 2} states are those that RFC 9293 wants", string.Join("; ", _wrong));
    }

    private static string Text(TimeSpan at) =>
        at < TimeSpan.FromSeconds(2)
            ? string.Create(CultureInfo.InvariantCulture, $"{at.TotalMilliseconds:0} ms")
            : string.Create(CultureInfo.InvariantCulture, $"{at.TotalSeconds:0} s");

    private TcpState Look((string Host, int Port, TcpState State) wanted, string time)
    {
        var sockets =
            stage[wanted.Host].GetSockets().Where(s => s.Protocol == TransportProtocol.Tcp && s.LocalPort.Value == wanted.Port).ToList();

        // A connection says more than the listener it came from. Where there is no socket the state is CLOSED.
        var found = (sockets.Find(static s => s.RemoteAddress is not null) ?? sockets.FirstOrDefault())?.State ?? TcpState.Closed;
        _reached.Add(found);
        if (found != wanted.State)
        {
            _wrong.Add($"after {time} {wanted.Host}:{wanted.Port} is in {found.Name()} instead of {wanted.State.Name()}");
        }

        return found;
    }
}
