using System.Text.Json.Serialization;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Origins;

namespace Portolan.Sockets.Documents;

/// <summary>A holder of a port.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Use">How it holds it: see <see cref="HoldKinds"/>.</param>
/// <param name="Service">IANA's name of the port, or <c>null</c>.</param>
/// <param name="Identified">What runs there, or <c>null</c>.</param>
/// <param name="Package">The package of its program, or <c>null</c>.</param>
/// <param name="Binds">The distinct local addresses.</param>
/// <param name="Connections">Connections that are open now.</param>
/// <param name="Owner">Who it is.</param>
/// <param name="Owners">The processes; <c>null</c> where privilege hides them.</param>
/// <param name="Container">The container, or <c>null</c>.</param>
/// <param name="User">The user, or <c>null</c>.</param>
/// <param name="WorkingDirectory">Of the main process, or <c>null</c>. Hostile text.</param>
/// <param name="Executable">Its program file, or <c>null</c>. Hostile text.</param>
/// <param name="Ancestors">Its ancestors, the nearest first.</param>
public record HolderRecord(
    string Protocol, string Use, string? Service, RunningRecord? Identified, PackageRecord? Package, IEnumerable<BindRecord> Binds,
    int Connections, OwnerRecord Owner, IEnumerable<ProcessRecord>? Owners, ContainerRecord? Container, UserRecord? User,
    string? WorkingDirectory, string? Executable, IEnumerable<ProcessRecord> Ancestors)
{
    /// <summary>A holder as documents have it.</summary>
    /// <param name="holder">The holder.</param>
    /// <param name="facts">What it was found by.</param>
    /// <param name="userName">Names users.</param>
    /// <param name="packages">Where the package of its program is looked up; <c>null</c> for nowhere.</param>
    public static HolderRecord Of(PortHolder holder, MachineFacts facts, Func<uint, string?> userName, PackageFiles? packages = null)
    {
        ArgumentNullException.ThrowIfNull(holder);
        ArgumentNullException.ThrowIfNull(facts);
        var owner = holder.Owner;
        return new HolderRecord(
            holder.Protocol.Name(), holder.Kind.Name(), facts.ServiceName(holder.Protocol, holder.Port),
            RunningRecord.Of(holder.Serves(facts)), PackageRecord.Of(owner.Main?.ExecutablePath, packages),
            BindRecord.Of(holder.Binds, facts, holder.NamespaceIndex), holder.Connections, OwnerRecord.Of(owner),
            OwnerRecord.ProcessesOf(owner), ContainerRecord.Of(owner.Container), UserRecord.Of(owner.UserId, userName),
            owner.Main?.WorkingDirectory, owner.Main?.ExecutablePath, holder.Ancestry.Skip(1).Select(ProcessRecord.Of));
    }
}

/// <summary>A holder with why it runs and who can reach it.</summary>
public sealed record ReachedHolderRecord : HolderRecord
{
    /// <summary>Adds them to a holder.</summary>
    /// <param name="holder">The holder.</param>
    /// <param name="origin">Why it runs.</param>
    /// <param name="row">Its row of the chart, judged; <c>null</c> where it has none.</param>
    public ReachedHolderRecord(HolderRecord holder, Origin origin, ChartRow? row)
        : base(holder)
    {
        Origin = OriginRecord.Of(origin);
        Reach = row is null ? null
            : new ReachRecord(row.Exposure.Name(), row.Verdict.Summary.Length > 0 ? row.Verdict.Summary : null);
    }

    /// <summary>Why it runs.</summary>
    [JsonPropertyOrder(1)]
    public OriginRecord Origin { get; }

    /// <summary>Who can reach it; <c>null</c> where that is not asked.</summary>
    [JsonPropertyOrder(2)]
    public ReachRecord? Reach { get; }
}

/// <summary>Who can reach a port.</summary>
/// <param name="Exposure">See <see cref="VerdictNames"/>.</param>
/// <param name="Summary">The same in a few words; <c>null</c> where nothing was judged. Hostile text.</param>
public sealed record ReachRecord(string Exposure, string? Summary);

/// <summary>The package of a program.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">The version that is installed, or <c>null</c>.</param>
public sealed record PackageRecord(string Name, string? Version)
{
    /// <summary>The package of a program file; <c>null</c> where none has it.</summary>
    public static PackageRecord? Of(string? path, PackageFiles? packages) =>
        path is not null && packages?.Search(path) is { } package ? new PackageRecord(package, packages.VersionOf(package)) : null;
}
