namespace Portolan.Linux.Netlink;

/// <summary>What became of a batch.</summary>
/// <param name="Status">Whether it took effect, and if not why.</param>
/// <param name="Errno">0, or the first error number.</param>
/// <param name="Errors">The messages that the kernel refused, in their order; empty where it refused the whole.</param>
/// <param name="Generation">The generation right after it, or <c>null</c> when the kernel did not tell.</param>
/// <param name="IsCutShort">There were more errors than the receive buffer took (ENOBUFS); the first are here.</param>
public sealed record NetfilterBatchResult(
    NetfilterBatchStatus Status, int Errno, IReadOnlyList<NetfilterMessageError> Errors, uint? Generation, bool IsCutShort)
{
    /// <summary>Of the whole: what the kernel said besides the number, or <c>null</c>.</summary>
    public string? Explanation { get; init; }

    /// <summary>The whole as an error for a caller that cannot go on.</summary>
    public LinuxException ToException(string operation) =>
        new(
            Errno,
            Errors.Count > 0 ? $"{operation}: {Errors[0].What}{(Errors[0].Explanation is { } text ? $" ({text})" : "")}" : operation);

    /// <summary>What a failed send means.</summary>
    internal static NetfilterBatchResult NotSent(int errno) => new(
        errno switch
        {
            Portolan.Linux.Errno.MessageTooLarge => NetfilterBatchStatus.TooLarge,
            Portolan.Linux.Errno.NotPermitted or Portolan.Linux.Errno.AccessDenied => NetfilterBatchStatus.NotPermitted,
            _ => NetfilterBatchStatus.Failed,
        },
        errno,
        [],
        null,
        false);
}

/// <summary>Fates of a batch. All but <see cref="Committed"/> and <see cref="Failed"/> changed nothing.</summary>
public enum NetfilterBatchStatus
{
    /// <summary>All of it took effect.</summary>
    Committed,

    /// <summary>CAP_NET_ADMIN over the network namespace is missing (EPERM).</summary>
    NotPermitted,

    /// <summary>The rules are of another generation than the one given, or changed while the batch was checked (ERESTART).</summary>
    GenerationConflict,

    /// <summary>Something that was to go is in use, or a set's element or chain is in the way (EBUSY).</summary>
    Busy,

    /// <summary>It does not fit into the send buffer (EMSGSIZE): send it in parts.</summary>
    TooLarge,

    /// <summary>The kernel has no nf_tables (EOPNOTSUPP for the batch).</summary>
    Unsupported,

    /// <summary>The kernel refused messages, which are in the errors, or the whole, with the error number.</summary>
    Refused,

    /// <summary>The channel failed, or its answers make no sense. It is not known whether the batch took effect.</summary>
    Failed,
}

/// <summary>A message that the kernel refused.</summary>
/// <param name="Index">Its place in the batch, from 0.</param>
/// <param name="Message">What it was.</param>
/// <param name="What">Its name, as the batch was told.</param>
/// <param name="Errno">The error number.</param>
/// <param name="Explanation">What the kernel said besides (NLMSGERR_ATTR_MSG), or <c>null</c>. Text of the kernel's.</param>
/// <param name="Offset">Where in the message the attribute at fault is (NLMSGERR_ATTR_OFFS), in bytes from its netlink header, or
/// <c>null</c>.</param>
public sealed record NetfilterMessageError(int Index, NetfilterMessage Message, string What, int Errno, string? Explanation, int? Offset);
