namespace Portolan.Linux.Namespaces;

/// <summary>What <see cref="ChildCode"/> does, in memory that parent and child share: the parent sees how far the child is.</summary>
/// <remarks>The machine code knows where each field lies.</remarks>
internal unsafe struct ChildWork
{
    /// <summary>clone(2), or a call that is not a clone and then the only one.</summary>
    internal SystemCall* First;

    /// <summary>The calls of the child; the last of them never succeeds, as execve(2) does not return then.</summary>
    internal SystemCall* Calls;

    /// <summary>What it calls when one has failed: writes <see cref="Index"/> and <see cref="Errno"/>, and ends.</summary>
    internal SystemCall* Failures;

    /// <summary>The call that the child is at.</summary>
    internal int Index;

    /// <summary>The error number of the failed call, or 0 for a result that is too small.</summary>
    internal int Errno;
}

/// <summary>A system call prepared in native memory: number, arguments, and the smallest result that counts as success.</summary>
internal struct SystemCall
{
    internal nint Number;
    internal nint Argument0;
    internal nint Argument1;
    internal nint Argument2;
    internal nint Argument3;
    internal nint Argument4;
    internal nint Least;
}
