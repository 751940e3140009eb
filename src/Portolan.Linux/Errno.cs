namespace Portolan.Linux;

/// <summary>Error numbers that Portolan distinguishes (asm-generic/errno.h; the same on every architecture .NET runs on).</summary>
public static class Errno
{
    /// <summary>EPERM.</summary>
    public const int NotPermitted = 1;

    /// <summary>ENOENT.</summary>
    public const int NoEntry = 2;

    /// <summary>ESRCH.</summary>
    public const int NoSuchProcess = 3;

    /// <summary>EINTR.</summary>
    public const int Interrupted = 4;

    /// <summary>EIO.</summary>
    public const int InputOutput = 5;

    /// <summary>ENXIO.</summary>
    public const int NoSuchDeviceOrAddress = 6;

    /// <summary>EBADF.</summary>
    public const int BadDescriptor = 9;

    /// <summary>EAGAIN.</summary>
    public const int Again = 11;

    /// <summary>ENOMEM.</summary>
    public const int NoMemory = 12;

    /// <summary>EACCES.</summary>
    public const int AccessDenied = 13;

    /// <summary>EBUSY.</summary>
    public const int Busy = 16;

    /// <summary>EEXIST.</summary>
    public const int Exists = 17;

    /// <summary>ENODEV.</summary>
    public const int NoSuchDevice = 19;

    /// <summary>ENOTDIR.</summary>
    public const int NotADirectory = 20;

    /// <summary>EINVAL.</summary>
    public const int InvalidArgument = 22;

    /// <summary>ENFILE.</summary>
    public const int FileTableFull = 23;

    /// <summary>EMFILE.</summary>
    public const int TooManyDescriptors = 24;

    /// <summary>ENOSPC.</summary>
    public const int NoSpace = 28;

    /// <summary>EROFS: a read-only file system.</summary>
    public const int ReadOnly = 30;

    /// <summary>EPIPE.</summary>
    public const int BrokenPipe = 32;

    /// <summary>ERESTART.</summary>
    public const int Restart = 85;

    /// <summary>EMSGSIZE.</summary>
    public const int MessageTooLarge = 90;

    /// <summary>EPROTONOSUPPORT.</summary>
    public const int ProtocolNotSupported = 93;

    /// <summary>EOPNOTSUPP.</summary>
    public const int NotSupported = 95;

    /// <summary>EAFNOSUPPORT.</summary>
    public const int AddressFamilyNotSupported = 97;

    /// <summary>EADDRINUSE.</summary>
    public const int AddressInUse = 98;

    /// <summary>EADDRNOTAVAIL.</summary>
    public const int AddressNotAvailable = 99;

    /// <summary>ENETDOWN.</summary>
    public const int NetworkDown = 100;

    /// <summary>ENETUNREACH.</summary>
    public const int NetworkUnreachable = 101;

    /// <summary>ECONNRESET.</summary>
    public const int ConnectionReset = 104;

    /// <summary>ENOBUFS.</summary>
    public const int NoBufferSpace = 105;

    /// <summary>ETIMEDOUT.</summary>
    public const int TimedOut = 110;

    /// <summary>ECONNREFUSED.</summary>
    public const int ConnectionRefused = 111;

    /// <summary>EHOSTUNREACH.</summary>
    public const int HostUnreachable = 113;

    /// <summary>EINPROGRESS.</summary>
    public const int InProgress = 115;
}
