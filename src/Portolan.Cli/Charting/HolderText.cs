using System.Globalization;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Reachability.Explaining;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Origins;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Charting;

/// <summary>Tells people who holds a port, or why a bind to it fails.</summary>
internal sealed class HolderText(PortReport report, MachineFacts facts, OwnerName owners, DateTimeOffset now, bool color)
{
    private const int ValueColumn = 14;
    private const int RemarkColumn = 4;
    private const int HeadingIndent = 4;
    private const int LeastRoom = 12;

    /// <summary>Where packages of programs are found; <c>null</c> for nowhere.</summary>
    public PackageFiles? Packages { get; init; }

    /// <summary>What leads the port's packets elsewhere.</summary>
    public IReadOnlyList<PortForward> Forwards { get; init; } = [];

    /// <summary>Where a program leads the connections that it takes, when it is known for forwarding them; else <c>null</c>.</summary>
    public Func<PortOwner, TransportProtocol, ForwardTargets?> LeadsTo { get; init; } = static (_, _) => null;

    /// <summary>Columns of the terminal; <c>null</c> where lines are not broken.</summary>
    public int? Width { get; init; }

    /// <summary>Why a holder runs.</summary>
    public Func<PortHolder, RunningService?, Origin> OriginOf { get; init; } = static (_, _) => Origin.Unknown;

    /// <summary>Who can reach what listens, by protocol; nothing where that was not judged.</summary>
    public IReadOnlyDictionary<TransportProtocol, ChartRow> Reach { get; init; } = new Dictionary<TransportProtocol, ChartRow>();

    /// <summary>Whether to say who holds the port alone, and not what a bind would meet.</summary>
    public bool IsBrief { get; init; }

    /// <summary>The command that frees the port, or <c>null</c>.</summary>
    public Advice? Remedy { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(Utf8Writer output)
    {
        var isFirst = true;
        foreach (var holder in report.Holders)
        {
            if (!isFirst)
            {
                output.WriteLine();
            }

            isFirst = false;
            WriteHolder(output, holder);
        }

        foreach (var outlook in IsBrief && report.IsHeld ? [] : report.Outlooks)
        {
            WriteOutlook(output, outlook);
        }

        foreach (var forward in Forwards.Where(f => !f.IsOfPortolan || !report.Holders.Any(h => IsBy(h, f))))
        {
            WriteForward(output, forward);
        }

        if (!IsBrief && report.NearestFree is { } free
            && (report.IsHeld || report.Outlooks.Any(static o => !o.IsFree && o.Trials.All(static t => t.Errno != BindTrial.NoAddress))))
        {
            output.WriteLine($"nearest free port: {free}");
        }

        if (Remedy is { } command)
        {
            output.Write("to free this port: ");
            output.Write(command.ToString(), AnsiStyle.Cyan, color);
            output.WriteLine();
        }
    }

    private void WriteHolder(Utf8Writer output, PortHolder holder)
    {
        var running = holder.Serves(facts);
        var shown = ServiceWords.Shown(
            running, facts.ServiceName(holder.Protocol, report.Port), report.Port, ServiceWords.IsProgramKnown(holder.Owner));
        var forwards = Forwards.Where(f => IsBy(holder, f)).ToList();
        var how = holder.Kind switch
        {
            _ when forwards.Count > 0 => "is forwarded by the kernel, for",
            HoldKind.Listening => "is held by",
            HoldKind.Bound => "is bound and idle, held by",
            _ => holder.Protocol.IsDatagram() ? "is the local port of connected sockets of" : "is the local port of connections of",
        };
        var who = holder.Owner.Kind switch
        {
            OwnerKind.Kernel => "the kernel",
            OwnerKind.Hidden =>
                $"a hidden process{(holder.Owner.UserId is { } user ? $" of {TerminalText.Escape(owners.UserName(user))}" : "")}",
            OwnerKind.None => "no visible process",
            _ => owners.Of(holder.Owner),
        };
        Heading(output, $"{report.Port}/{holder.Protocol.Name()}", shown is null ? how : $"({TerminalText.Escape(shown)}) {how}", who);
        foreach (var forward in forwards)
        {
            Line(output, "forwards to", $"{forward.Words}, by {forward.Rule} as long as that process runs");
        }

        var owner = holder.Owner;
        Line(output, "service", running is null ? null : ServiceWords.Why(running, owner));
        Line(
            output, "unit",
            owner.Kind == OwnerKind.Unit
                ? null
                : owner.Main?.Unit is { } unit ? $"{(owner.Main.IsUserUnit ? "user unit " : "")}{UnitName.Display(unit)}" : null);
        Line(output, "claimed", owner.Grade != NameGrade.Claimed ? null
            : owner.IsUserUnit ? "a user's service manager runs it, and that user chooses unit names; systemd was not queried"
            : owner.IsPublished ? "the process claims it; its user's container engine could not be queried"
            : "the process may have chosen this name itself");
        Line(
            output, "container",
            owner.Container is { } container
                ? $"{container.Name ?? container.Id} "
                    + $"({container.Runtime}{(container.EngineUser == 0 ? "" : $" of user {owners.UserName(container.EngineUser)}")})"
                : null);
        if (owner.Main is { } main)
        {
            WriteProcess(output, main, owner);
        }

        Line(
            output, "forwards to",
            forwards.Count == 0 && holder.Kind == HoldKind.Listening && LeadsTo(owner, holder.Protocol) is { } led
                ? $"{led.Target}, from an address of this host{(led.Allow.Count == 0 ? "" : $", only from {string.Join(", ", led.Allow)}")}"
                : null);
        Line(output, "bound to", string.Join(", ", holder.Binds.Select(b => At(holder, b))));
        WriteConnections(output, holder);
        Line(output, "reach", holder.Kind == HoldKind.Listening && Reach.GetValueOrDefault(holder.Protocol) is { } row ? Who(row) : null);
        WriteAncestry(output, holder);
        foreach (var (name, text) in OriginText.Lines(OriginOf(holder, running)))
        {
            Line(output, name, text);
        }
    }

    /// <summary>Who gets to what listens, and the rule that decides.</summary>
    private static string Who(ChartRow row) => row.Exposure switch
    {
        PortExposure.Local => "this machine only",
        PortExposure.Reachable => $"other hosts: {row.Verdict.Summary}",
        PortExposure.Limited => $"some hosts: {row.Verdict.Summary}",
        PortExposure.Blocked => $"no other host: {row.Verdict.Summary}",
        _ => row.Verdict.Summary.Length > 0 ? $"unknown: {row.Verdict.Summary}" : "unknown: the firewall rules were not read",
    };

    private static bool IsBy(PortHolder holder, PortForward forward) =>
        forward.IsOfPortolan && forward.Protocol == holder.Protocol
            && holder.Owner.Processes.Any(p => forward.Processes.Any(f => f.Pid == p.Pid))
        && holder.Binds.Any(b => forward.Address is { IsUnspecified: false } one ? b.Address.Unmap() == one : b.IsWildcard);

    private void WriteForward(Utf8Writer output, PortForward forward)
    {
        var where = forward.Address is null ? "" : $" to {forward.Listen}";
        var by = forward.IsOfPortolan ? $"{forward.Rule}, for {forward.HeldBy}" : forward.Rule;
        var containers = forward.Containers.Count == 0
            ? ""
            : $" (container {string.Join(", ", forward.Containers.Select(c => c.Name ?? c.Id))})";
        var what =
            $"{(forward.IsPartial && !forward.IsOfPortolan ? "some traffic" : "traffic")} from other hosts{where} for "
                + $"{report.Port}/{forward.Protocol.Name()}";

        // A published port: the proxy takes what comes from this machine, and the rule leads the rest to the same container.
        var isSame = forward.Containers.Count > 0
            && forward.Containers.All(c => report.Holders.Any(h => h.Protocol == forward.Protocol && h.Owner.Container?.Id == c.Id));
        var holds = report.Holders.Any(h => h.Protocol == forward.Protocol);
        var end = isSame
            ? "it reaches the container without the program above"
            : holds ? "it does not reach the program above" : "it does not reach a program that binds the port";
        Remark(output, $"{what} is forwarded to {forward.Words}{containers}, by {by}: {end}", !isSame);
    }

    private void WriteProcess(Utf8Writer output, ProcessInfo main, PortOwner owner)
    {
        var user = main.UserId is { } id ? $", user {owners.UserName(id)}" : "";
        var since = main.StartedAt is { } started ? $", started {ShortDuration.Ago(started, now)} ({TimeText.Rfc3339(started)})" : "";
        Line(output, "process", $"{(main.Name.Length > 0 ? $"{main.Name} " : "pid ")}{main.Pid}{user}{since}");
        // There to be copied: not broken.
        Line(output, "command", main.CommandLine is { Count: > 0 } words ? string.Join(' ', words) : null, mayBreak: false);
        Line(output, "directory", main.WorkingDirectory, mayBreak: false);
        Line(output, "program", main.ExecutablePath, mayBreak: false);
        Line(
            output, "package",
            main.ExecutablePath is { } path && Packages?.Search(path) is { } package
                ? $"{package} {Packages.VersionOf(package)}".TrimEnd()
                : null);
        if (owner.Processes.Count > 1)
        {
            Line(
                output, "processes",
                $"{owner.Processes.Count}: "
                    + $"{string.Join(' ', owner.Processes.Take(20).Select(p => p.Pid))}{(owner.Processes.Count > 20 ? " ..." : "")}");
        }
    }

    private void WriteAncestry(Utf8Writer output, PortHolder holder)
    {
        // The holder itself stands above.
        if (holder.Ancestry.Count > 1)
        {
            Line(
                output, "started by",
                string.Join(" <- ", holder.Ancestry.Skip(1).Select(p => p.Name.Length > 0 ? $"{p.Name} {p.Pid}" : p.ShownName)));
        }
    }

    private void WriteOutlook(Utf8Writer output, BindOutlook outlook)
    {
        if (!report.IsHeld)
        {
            var where = report.Address is { } address ? $" at {address}" : "";
            var result = outlook.IsFree ? $"not in use{where}; a bind works" : $"not in use{where}, yet a bind fails";
            Heading(output, $"{report.Port}/{outlook.Protocol.Name()}", $"{Service(outlook.Protocol)}: {result}", "");
        }

        foreach (var trial in outlook.Trials)
        {
            if (!trial.Works)
            {
                var reuse = trial.Remedies.Count > 0 ? $" (works with {string.Join(" or ", trial.Remedies)})" : "";
                Line(output, "bind", $"{trial.Attempt}: {trial.ErrorText}{reuse}");
            }
        }

        foreach (var reason in outlook.Reasons)
        {
            Remark(output, reason.Text, reason.IsObstacle);
        }
    }

    /// <summary>Datagrams have no connections; a socket of theirs may still have named one peer with connect(2).</summary>
    private void WriteConnections(Utf8Writer output, PortHolder holder)
    {
        if (holder.Kind == HoldKind.Bound || (holder.Protocol.IsDatagram() && holder.Connections == 0))
        {
            return;
        }

        var count = holder.Connections.ToString("N0", CultureInfo.InvariantCulture);
        var more = holder.Example is { } pair
            ? $", e.g. to {(pair.RemoteAddress.IsIPv4 ? $"{pair.RemoteAddress}" : $"[{pair.RemoteAddress}]")}:{pair.RemotePort}"
            : holder.Protocol.IsDatagram() ? "" : " open now";
        Line(
            output, holder.Protocol.IsDatagram() ? "connected" : "connections",
            holder.Protocol.IsDatagram()
                ? $"{count} {(holder.Connections == 1 ? "socket" : "sockets")} with one peer each{more}"
                : $"{count}{more}");
    }

    /// <summary>Writes the first line of an answer; where the terminal is too narrow it goes on below.</summary>
    private void Heading(Utf8Writer output, string port, string middle, string owner)
    {
        var between = middle.StartsWith(':') ? middle : $" {middle.TrimStart()}";
        var all = $"{port}{between}{(owner.Length > 0 ? $" {owner}" : "")}";
        if (Width is { } width && LineWrap.Width(all) > width)
        {
            foreach (var line in LineWrap.Break(all, width, width - HeadingIndent))
            {
                output.Write(line.StartsWith(port, StringComparison.Ordinal) ? "" : "    ");
                output.Write(line, AnsiStyle.Bold, color);
                output.WriteLine();
            }

            return;
        }

        output.Write(port, AnsiStyle.Bold, color);
        output.Write(between);
        output.Write(owner.Length > 0 ? " " : "");
        output.Write(owner, AnsiStyle.Bold, color);
        output.WriteLine();
    }

    private string At(PortHolder holder, PortBind bind)
    {
        var place = bind.InterfaceIndex == 0
            ? ""
            : $"%{facts.Snapshot.Interfaces.Find(holder.NamespaceIndex, bind.InterfaceIndex) ?? $"if{bind.InterfaceIndex}"}";
        var family = bind is { IsWildcard: true, TakesIPv6: true } ? bind.DualStack == false ? " (IPv6 only)" : " (IPv4 too)" : "";
        return bind.Address.IsIPv4 ? $"{bind.Address}{place}:{report.Port}" : $"[{bind.Address}{place}]:{report.Port}{family}";
    }

    private string Service(TransportProtocol protocol) => facts.ServiceName(protocol, report.Port) is { } name ? $" ({name})" : "";

    private void Remark(Utf8Writer output, string text, bool isObstacle)
    {
        var mark = isObstacle ? '!' : '-';
        foreach (var line in LineWrap.Break(TerminalText.Escape(text), Room(RemarkColumn)))
        {
            output.Write($"  {mark} {line}", isObstacle ? AnsiStyle.Yellow : AnsiStyle.None, color);
            output.WriteLine();
            mark = ' ';
        }
    }

    private void Line(Utf8Writer output, string name, string? value, bool mayBreak = true)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        var text = TerminalText.Escape(value);
        foreach (var line in mayBreak && Width is not null ? LineWrap.Break(text, Room(ValueColumn)) : [text])
        {
            output.Write($"  {name,-12}{line}");
            output.WriteLine();
            name = "";
        }
    }

    private int Room(int column) => Math.Max(LeastRoom, (Width ?? int.MaxValue) - column);
}
