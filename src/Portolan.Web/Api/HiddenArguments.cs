using Portolan.Sockets.Documents;
using Portolan.Web.Access;

namespace Portolan.Web.Api;

/// <summary>
/// Takes the arguments of other users' processes out of documents: they may hold secrets that those users did not mean for everyone who has
/// a session. Callers with the scope admin get them.
/// </summary>
/// <param name="caller">Who asks.</param>
/// <param name="userOf">The user of a process; <c>null</c> where it is not known.</param>
internal sealed class HiddenArguments(Caller caller, Func<int, uint?> userOf)
{
    private readonly uint _self = Linux.Proc.EffectiveUser.Id;
    private readonly bool _mayAll = caller.May(Scope.Admin);

    /// <summary>Processes as the caller may see them.</summary>
    internal IReadOnlyList<ProcessRecord>? In(IEnumerable<ProcessRecord>? processes) =>
        processes is null ? null : [.. processes.Select(In)];

    /// <summary>A holder as the caller may see it.</summary>
    internal T In<T>(T holder)
        where T : HolderRecord
    {
        // What started another user's process (sudo -u, runuser) has that one's arguments in its own.
        var isOfOthers = !_mayAll && holder.Owners?.Any(p => userOf(p.Pid) != _self) == true;
        return holder with
        {
            Owners = In(holder.Owners),
            Ancestors = [.. holder.Ancestors.Select(p => isOfOthers ? p with { Command = null } : In(p))],
        };
    }

    /// <summary>A process as the caller may see it.</summary>
    internal ProcessRecord In(ProcessRecord process) =>
        _mayAll || process.Command is null || userOf(process.Pid) == _self ? process : process with { Command = null };
}
