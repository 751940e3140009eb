using Portolan.Linux;
using Portolan.Linux.Privilege;

namespace Portolan.Sockets.Doctor;

/// <summary>What was found out about the environment, before anything is made of it. A plain value: tests make their own.</summary>
public sealed record EnvironmentFacts
{
    /// <summary>The kernel's release, such as <c>6.1.0-18-amd64</c>.</summary>
    public required string Kernel { get; init; }

    /// <summary>Effective user id.</summary>
    public required uint UserId { get; init; }

    /// <summary>The capabilities that the program has or may raise. In a user namespace they hold there only.</summary>
    public required CapabilitySet Capabilities { get; init; }

    /// <summary>The running program, what its file grants, and how it gets more.</summary>
    public required CapabilityGrant Grant { get; init; }

    /// <summary>Where each kind of socket is read from.</summary>
    public required IReadOnlyList<SocketAccess> Sockets { get; init; }

    /// <summary>How many processes' descriptors cannot be looked at; <c>null</c> when /proc cannot be read at all.</summary>
    public required int? HiddenProcesses { get; init; }

    /// <summary>How many processes /proc shows.</summary>
    public required int VisibleProcesses { get; init; }

    /// <summary>Whether this is the machine's first pid namespace, where no process is out of sight.</summary>
    public required bool IsFirstPidNamespace { get; init; }

    /// <summary>Whether this is the machine's first user namespace, where root has power over all of it.</summary>
    public required bool IsFirstUserNamespace { get; init; }

    /// <summary>The hidepid option of /proc, or <c>null</c> when it hides nothing.</summary>
    public string? HidePid { get; init; }

    /// <summary>Whether the kernel carries the description of its own types (/sys/kernel/btf/vmlinux).</summary>
    public required bool HasBtf { get; init; }

    /// <summary>Whether /sys is mounted: else that description may be there and cannot be read.</summary>
    public bool HasSysfs { get; init; } = true;

    /// <summary>Why the BPF iterator did not run, in the kernel's words; <c>null</c> when it ran.</summary>
    public string? WhyNoIterator { get; init; }

    /// <summary>How many network namespaces were found, the own one included.</summary>
    public required int Namespaces { get; init; }

    /// <summary>How many of them could be entered and read.</summary>
    public required int ReadableNamespaces { get; init; }

    /// <summary>How many processes hid theirs.</summary>
    public required int NamespacesHiddenBy { get; init; }

    /// <summary>The kernel's settings about ports.</summary>
    public required KernelSettings Settings { get; init; }

    /// <summary>Whether systemd runs this machine.</summary>
    public required bool HasSystemd { get; init; }

    /// <summary>Where systemctl is, or <c>null</c>.</summary>
    public string? Systemctl { get; init; }
}

/// <summary>Where a kind of socket is read from.</summary>
/// <param name="Protocol">The kind.</param>
/// <param name="Source"><c>netlink</c>, a file of /proc/net, or <c>null</c> when this kernel has no such sockets or they cannot be
/// read.</param>
/// <param name="WhyMissing">Why they cannot be read; <c>null</c> when they can, or when there are none.</param>
public sealed record SocketAccess(SocketProtocol Protocol, string? Source, string? WhyMissing);

/// <summary>What works in an environment.</summary>
/// <param name="Facts">What was found out.</param>
/// <param name="Findings">What is made of it.</param>
public sealed record EnvironmentReport(EnvironmentFacts Facts, IReadOnlyList<Finding> Findings);
