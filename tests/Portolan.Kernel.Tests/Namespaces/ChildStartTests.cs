using Portolan.Linux;
using Portolan.Linux.Interop;
using Portolan.Linux.Namespaces;

namespace Portolan.Kernel.Tests.Namespaces;

/// <summary>
/// The machine code between clone(2) and execve(2), in either kind of memory; what it does in a child is in
/// <see cref="NamespaceProcessTests"/>.
/// </summary>
public sealed unsafe class ChildStartTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_result_of_the_first_call_comes_back_with_its_error_number(bool isAnonymous)
    {
        var code = isAnonymous ? ExecutableMemory.MapAnonymous(ChildCode.Current) : ExecutableMemory.MapFile(ChildCode.Current);
        Assert.True(code is not null, "no executable memory of this kind");
        var numbers = SystemCallNumbers.Current!;
        using var pipe = new PipePair();
        var text = stackalloc byte[] { 1, 2, 3 };
        var write = new SystemCall
        {
            Number = numbers.Write,
            Argument0 = pipe.Writer.DangerousGetHandle(),
            Argument1 = (nint)text,
            Argument2 = 3,
        };
        var work = new ChildWork { First = &write };

        Assert.Equal(3, ChildStart.Run(code, &work));
        write.Argument0 = -1;
        Assert.Equal(-Errno.BadDescriptor, ChildStart.Run(code, &work));
    }
}
