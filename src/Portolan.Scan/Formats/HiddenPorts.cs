using System.Runtime.InteropServices;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats;

/// <summary>Which states of a host nmap's formats sum up instead of naming each port, as nmap 7.93 does (observed).</summary>
/// <remarks>
/// A state that more than 25 ports share, TCP and UDP together, is summed up unless it is open. Each <c>-v</c> adds 25, each <c>-d</c>
/// 500; from <c>-ddd</c> on nothing is summed up. With <c>--open</c> every state that is surely not open is, however few ports have it.
/// One object serves host after host.
/// </remarks>
public sealed class HiddenPorts
{
    private const int Threshold = 25;
    private const int StateCount = (int)PortState.ClosedFiltered + 1;
    private readonly bool _openOnly;
    private readonly int _mostShown;
    private readonly int[] _counts = new int[StateCount];
    private readonly List<PortGroup> _groups = [];
    private readonly List<PortState> _states = [];

    /// <summary>Takes <c>-v</c>, <c>-d</c> and <c>--open</c> from the options.</summary>
    public HiddenPorts(ScanOutputOptions options)
    {
        _openOnly = options.OpenOnly;
        _mostShown = options.Debugging > 2 ? int.MaxValue : Threshold * (1 + options.Verbosity + (20 * options.Debugging));
    }

    /// <summary>The states that are summed up, the most frequent first.</summary>
    public IReadOnlyList<PortState> States => _states;

    /// <summary>Their groups, state after state in that order, the largest first.</summary>
    public IReadOnlyList<PortGroup> Groups => _groups;

    /// <summary>How many ports are named one by one.</summary>
    public int ShownCount { get; private set; }

    /// <summary>How many ports have a state.</summary>
    public int CountOf(PortState state) => _counts[(int)state];

    /// <summary>Whether ports of a state are summed up.</summary>
    public bool IsHidden(PortState state) => _states.Contains(state);

    /// <summary>Decides for a host.</summary>
    public void Read(HostReport report)
    {
        Array.Clear(_counts);
        _groups.Clear();
        _states.Clear();
        ShownCount = 0;
        foreach (var group in report.Groups)
        {
            _counts[(int)group.State] += group.Ports.Count;
        }

        for (var state = PortState.Closed; (int)state < StateCount; state++)
        {
            var isHidden = _counts[(int)state] > _mostShown || (_openOnly && !ScanOutputOptions.IsPossiblyOpen(state));
            if (isHidden && _counts[(int)state] > 0)
            {
                _states.Add(state);
            }
            else
            {
                ShownCount += _counts[(int)state];
            }
        }

        ShownCount += _counts[(int)PortState.Open];
        _states.Sort((a, b) => _counts[(int)a] != _counts[(int)b] ? _counts[(int)b].CompareTo(_counts[(int)a]) : a.CompareTo(b));
        foreach (var group in report.Groups)
        {
            if (IsHidden(group.State))
            {
                _groups.Add(group);
            }
        }

        CollectionsMarshal.AsSpan(_groups).Sort(Compare);
    }

    private int Compare(PortGroup a, PortGroup b)
    {
        var order = _states.IndexOf(a.State).CompareTo(_states.IndexOf(b.State));
        order = order != 0 ? order : b.Ports.Count.CompareTo(a.Ports.Count);
        order = order != 0 ? order : a.Protocol.CompareTo(b.Protocol);
        return order != 0 ? order : a.Reason.CompareTo(b.Reason);
    }
}
