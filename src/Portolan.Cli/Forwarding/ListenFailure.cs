using System.Text;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Model;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Forwarding;

/// <summary>Says why a forward cannot listen where it should, as <c>portolan who</c> would, and what to do.</summary>
internal static class ListenFailure
{
    private static readonly Advice RaiseLimit =
        $"each listening port takes a descriptor: raise the limit with ulimit -n, or LimitNOFILE= of a unit";

    /// <summary>What is in the way of a forward for which no descriptor is left, as the run says it.</summary>
    public static string NoDescriptor { get; } = $"Too many open files: {RaiseLimit}";

    /// <summary>The error.</summary>
    public static PortolanException Explain(ForwardSpec spec, int errno, CommandContext context, CancellationToken cancellationToken)
    {
        var name = TerminalText.Escape(spec.Name);
        if (spec.Listen.Path is not null)
        {
            return PathProblem(spec.Listen.Path, errno) is var (message, hint)
                ? new PortolanException(
                    $"cannot listen on {name}: {TerminalText.Escape(message)}", hint,
                    errno is Errno.AccessDenied or Errno.NotPermitted ? ExitCode.NoPrivilege : ExitCode.Failed)
                : Other(spec, errno, $"give another path");
        }

        return errno switch
        {
            Errno.AddressInUse => Taken(spec, context, cancellationToken),
            Errno.AccessDenied or Errno.NotPermitted => Privileged(spec, context),
            Errno.NoSuchDevice => Other(spec, errno, $"ip -brief link lists the interfaces of this host"),
            Errno.AddressNotAvailable =>
                Other(spec, errno, $"ip -brief address lists this host's addresses; leave the address out to listen on all"),
            Errno.TooManyDescriptors => Other(spec, errno, RaiseLimit),
            _ => Other(spec, errno, $"run portolan who {spec.Listen.Port}/{spec.Protocol.Name()}"),
        };
    }

    /// <summary>Why no Unix socket can be at a path, and what helps; <c>null</c> where nothing speaks against it.</summary>
    /// <param name="path">The path.</param>
    /// <param name="errno">What bind(2) said; 0 where nobody tried.</param>
    public static (string Message, Advice Hint)? PathProblem(string path, int errno)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        return SocketPaths.Look(path) switch
        {
            PathObstacle.OtherFile => ("a file with that name exists and is not a socket; it is left alone", $"give another path"),
            PathObstacle.Listening => ("another program listens there", $"portolan list -xlp shows which one"),
            PathObstacle.Foreign =>
                ("another user's socket has that name", $"give another path; sudo portolan list -xlp shows its holder"),
            PathObstacle.Stale when errno != 0 =>
                ("a stale socket has that name, and this user may not remove it", $"sudo rm {path}"),
            PathObstacle.None when path[0] != '@' && !Directory.Exists(folder) =>
                (NamedFile.WhyNoFolder(folder), NamedFile.MakingFolder(folder)),
            _ => errno is Errno.AccessDenied or Errno.NotPermitted
                ? new ValueTuple<string, Advice>(
                    $"this user may not write to {folder}", $"give a path in a writable folder")
                : null,
        };
    }

    private static PortolanException Taken(ForwardSpec spec, CommandContext context, CancellationToken cancellationToken)
    {
        var takenAt = context.Clock.GetUtcNow();
        var port = spec.Listen.Port;
        var survey = context.Machine.Survey();
        var facts = survey.ForPort(port, [spec.Protocol], allNamespaces: false, cancellationToken);
        var report = PortReport.Make(
            port, [spec.Protocol], [spec.Protocol], facts, context.Machine.Settings, context.Machine.Binds,
            survey.UseAround(port, [spec.Protocol], cancellationToken));
        var answer = new Utf8Writer();
        new HolderText(report, facts, new OwnerName(context.Machine.Users.Name), takenAt, color: false).Write(answer);
        var first = report.IsHeld
            ? Advice.Of($"portolan stop {port}/{spec.Protocol.Name()} frees it")
            : $"portolan who {port}/{spec.Protocol.Name()} shows more";
        if (report.NearestFree is { } free)
        {
            var listen = (spec.Listen with { Port = free }).ToString().Replace("*:", "", StringComparison.Ordinal) + Suffix(spec);
            first = $"{first}; or use a free port: portolan forward {listen} {string.Join(',', spec.Targets)}";
        }

        return new PortolanException(
            $"cannot listen on {TerminalText.Escape(spec.Name)}: the port is in use",
            first,
            ExitCode.Failed)
        {
            Details = [.. Encoding.UTF8.GetString(answer.Written).Split('\n', StringSplitOptions.RemoveEmptyEntries)],
        };
    }

    private static PortolanException Privileged(ForwardSpec spec, CommandContext context) => new(
        $"cannot listen on {TerminalText.Escape(spec.Name)}: a port below {context.Machine.Settings.FirstUnprivilegedPort} needs "
            + $"CAP_NET_BIND_SERVICE",
        $"run it with sudo, use a port from {context.Machine.Settings.FirstUnprivilegedPort} up, or set "
            + $"net.ipv4.ip_unprivileged_port_start={spec.Listen.Port}, which lets every user bind all ports from {spec.Listen.Port} to "
            + $"{context.Machine.Settings.FirstUnprivilegedPort.Value - 1}",
        ExitCode.NoPrivilege);

    private static PortolanException Other(ForwardSpec spec, int errno, Advice hint) =>
        new(
            new LinuxException(errno, $"cannot listen on {TerminalText.Escape(spec.Name)}").Message, hint,
            errno is Errno.AccessDenied or Errno.NotPermitted ? ExitCode.NoPrivilege : ExitCode.Failed);

    private static string Suffix(ForwardSpec spec) => spec.Protocol == TransportProtocol.Udp ? "/udp" : "";
}
