namespace Portolan.Scan.Engine;

/// <summary>Something new in a group.</summary>
/// <param name="Host">The host's number in the group.</param>
/// <param name="Port">The port's number among the host's ports, or -1 when it is the host's status that is new.</param>
/// <param name="Code">What it was when it was found, as <see cref="HostPage.Pack"/> packs it.</param>
internal readonly record struct GroupFinding(int Host, int Port, byte Code);

/// <summary>What was found and not yet told. Any thread adds, one takes.</summary>
internal sealed class FindingQueue
{
    private readonly Lock _gate = new();
    private List<GroupFinding> _filling = [];
    private List<GroupFinding> _spare = [];

    public void Add(GroupFinding finding)
    {
        lock (_gate)
        {
            _filling.Add(finding);
        }
    }

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _filling.Count;
            }
        }
    }

    /// <summary>Takes all, in the order they came. The list is the caller's until it calls again.</summary>
    public List<GroupFinding> TakeAll()
    {
        _spare.Clear();
        lock (_gate)
        {
            (_filling, _spare) = (_spare, _filling);
        }

        return _spare;
    }
}
