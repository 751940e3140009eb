namespace Portolan.Linux.Namespaces;

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
