using Portolan.Sockets.Filtering.Pushdown;
using Portolan.Sockets.Filtering.Syntax;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Filtering.Predicates;

/// <summary>
/// One of the processes that hold the socket passes. Unknown where owners were not looked for, and where none was found while some
/// processes are hidden: hidden is not "none".
/// </summary>
internal abstract class OwnerTest : SocketTest
{
    /// <inheritdoc/>
    public override int Cost => 100;

    /// <inheritdoc/>
    public sealed override FilterResult Judge(in SocketEntry entry, FilterContext context)
    {
        if (entry.State == SocketState.TimeWait || KernelSockets.HasNoOwner(entry))
        {
            return FilterResult.No;
        }

        if (context.Owners is not { } owners)
        {
            return FilterResult.Unknown;
        }

        var pids = owners.Pids(entry.Inode);
        if (pids.IsEmpty)
        {
            return owners.MayHideOwners ? FilterResult.Unknown : FilterResult.No;
        }

        var result = FilterResult.No;
        foreach (var pid in pids)
        {
            var judged = Judge(pid, context);
            if (judged == FilterResult.Yes)
            {
                return judged;
            }

            result = judged == FilterResult.Unknown ? judged : result;
        }

        return result;
    }

    /// <inheritdoc/>
    public sealed override SocketBounds Bounds(bool holds) => holds ? SocketBounds.Owned : SocketBounds.All;

    /// <summary>Judges one owner.</summary>
    protected abstract FilterResult Judge(int pid, FilterContext context);
}

/// <summary>The process id is in one of several ranges.</summary>
internal sealed class PidTest(NumberRange[] pids) : OwnerTest
{
    /// <inheritdoc/>
    public override FilterNeeds Needs => FilterNeeds.Owners;

    /// <inheritdoc/>
    protected override FilterResult Judge(int pid, FilterContext context) => Decided(NumberTest.Contains(pids, (uint)pid));
}

/// <summary>A fact of the process matches.</summary>
internal abstract class ProcessTest(FilterNeeds needs) : OwnerTest
{
    /// <inheritdoc/>
    public sealed override FilterNeeds Needs => FilterNeeds.Owners | needs;

    /// <inheritdoc/>
    protected sealed override FilterResult Judge(int pid, FilterContext context) =>
        context.Process?.Invoke(pid) is { } process ? Decided(Matches(process)) : FilterResult.Unknown;

    /// <summary>Whether the process matches.</summary>
    protected abstract bool Matches(ProcessInfo process);
}

/// <summary>The process's name matches.</summary>
internal sealed class ProcessNameTest(TextPattern[] patterns) : ProcessTest(FilterNeeds.ProcessNames)
{
    /// <inheritdoc/>
    protected override bool Matches(ProcessInfo process) => TextPattern.AnyMatches(patterns, process.Name);
}

/// <summary>The process's systemd unit matches; a pattern without a dot is compared without the unit's type, as systemctl does.</summary>
internal sealed class UnitTest(TextPattern[] patterns) : ProcessTest(FilterNeeds.Units)
{
    /// <inheritdoc/>
    protected override bool Matches(ProcessInfo process)
    {
        if (process.Unit is not { } unit)
        {
            return false;
        }

        var dot = unit.LastIndexOf('.');
        foreach (var pattern in patterns)
        {
            if (pattern.Matches(unit)
                || (!pattern.Text.Contains('.', StringComparison.Ordinal) && dot > 0 && pattern.Matches(unit.AsSpan(0, dot))))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>
/// The process's container has a name that matches, or an id that starts with four or more hexadecimal digits of the value.
/// </summary>
internal sealed class ContainerTest(TextPattern[] patterns) : ProcessTest(FilterNeeds.Containers)
{
    private const int MinimumIdLength = 4;

    /// <inheritdoc/>
    protected override bool Matches(ProcessInfo process)
    {
        if (process.Container is not { } container)
        {
            return false;
        }

        foreach (var pattern in patterns)
        {
            if (pattern.Matches(container.Id)
                || (container.Name is not null && pattern.Matches(container.Name))
                || (pattern.Text.Length >= MinimumIdLength && container.Id.StartsWith(pattern.Text, StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }
}
