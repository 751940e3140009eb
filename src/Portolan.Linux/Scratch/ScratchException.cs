namespace Portolan.Linux.Scratch;

/// <summary>Something failed inside a scratch namespace.</summary>
public sealed class ScratchException : Exception
{
    /// <summary>Makes the error.</summary>
    public ScratchException(int errno, string message)
        : base(message) => Errno = errno;

    /// <summary>The error number.</summary>
    public int Errno { get; }
}
