namespace Portolan.Transport.Ports;

/// <summary>
/// The holders of one port that no rule can tell apart: same end, same options, same use. A listener with 100,000 connections is two of
/// them, so that a bind looks at two and not at 100,001. The holders are chained from newest to oldest.
/// </summary>
internal sealed class PortShare
{
    internal PortBinding Binding { get; private set; }

    internal PortUse Use { get; private set; }

    internal bool IsExplicit { get; private set; }

    /// <summary>The one that stands for all connections of this end, or for all that rest at it.</summary>
    internal PortHolder? Standing { get; set; }

    internal PortHolder? Newest { get; private set; }

    internal PortHolder? Oldest { get; private set; }

    internal int Count { get; private set; }

    /// <summary>Is that of an end, without holders.</summary>
    internal void Begin(in PortBinding binding, PortUse use, bool isExplicit) => (Binding, Use, IsExplicit) = (binding, use, isExplicit);

    internal bool Fits(in PortBinding binding, PortUse use, bool isExplicit) =>
        use == Use && isExplicit == IsExplicit && binding == Binding;

    internal void Add(PortHolder holder)
    {
        // A holder whose use changed is older than others here: it takes its place by age.
        PortHolder? newer = null;
        var older = Newest;
        while (older is not null && older.Order > holder.Order)
        {
            newer = older;
            older = older.Older;
        }

        holder.Share = this;
        holder.Newer = newer;
        holder.Older = older;
        if (older is null)
        {
            Oldest = holder;
        }
        else
        {
            older.Newer = holder;
        }

        if (newer is null)
        {
            Newest = holder;
        }
        else
        {
            newer.Older = holder;
        }

        Count++;
    }

    internal void Remove(PortHolder holder)
    {
        if (holder.Newer is null)
        {
            Newest = holder.Older;
        }
        else
        {
            holder.Newer.Older = holder.Older;
        }

        if (holder.Older is null)
        {
            Oldest = holder.Newer;
        }
        else
        {
            holder.Older.Newer = holder.Newer;
        }

        Standing = Standing == holder ? null : Standing;
        holder.Share = null;
        holder.Newer = null;
        holder.Older = null;
        Count--;
    }
}
