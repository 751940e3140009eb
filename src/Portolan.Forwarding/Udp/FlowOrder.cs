namespace Portolan.Forwarding.Udp;

/// <summary>
/// Flows of one listener from the one that has been silent longest. Moving one takes constant time and no memory; a flow is in one order at
/// a time.
/// </summary>
internal sealed class FlowOrder
{
    private DatagramFlow? _newest;

    /// <summary>The one that has been silent longest.</summary>
    public DatagramFlow? Oldest { get; private set; }

    /// <summary>Puts a flow at the end, also one of another order: it has just moved something.</summary>
    public void Touch(DatagramFlow flow)
    {
        if (!ReferenceEquals(flow, _newest))
        {
            flow.Order?.Remove(flow);
            flow.Order = this;
            flow.Older = _newest;
            if (_newest is null)
            {
                Oldest = flow;
            }
            else
            {
                _newest.Newer = flow;
            }

            _newest = flow;
        }
    }

    /// <summary>Takes a flow of it out.</summary>
    public void Remove(DatagramFlow flow)
    {
        if (flow.Newer is { } newer)
        {
            newer.Older = flow.Older;
        }
        else if (ReferenceEquals(flow, _newest))
        {
            _newest = flow.Older;
        }

        if (flow.Older is { } older)
        {
            older.Newer = flow.Newer;
        }
        else if (ReferenceEquals(flow, Oldest))
        {
            Oldest = flow.Newer;
        }

        flow.Older = flow.Newer = null;
        flow.Order = null;
    }
}
