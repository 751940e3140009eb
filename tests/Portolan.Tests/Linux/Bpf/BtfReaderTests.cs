using System.Text;
using Portolan.Linux.Bpf;

namespace Portolan.Tests.Linux.Bpf;

public sealed class BtfReaderTests
{
    [Fact]
    public void Offsets_are_found_among_records_of_every_kind()
    {
        Assert.True(TaskFileOffsets.TryFind(Kernel().ToArray(), out var offsets, out var missing), missing);

        Assert.Equal(new TaskFileOffsets(24, 1268, 32, 64), offsets);
    }

    [Theory]
    [InlineData("tgid", "task_struct.tgid")]
    [InlineData("f_inode", "file.f_inode")]
    [InlineData("i_ino", "inode.i_ino")]
    [InlineData("task_struct", "task_struct.tgid")]
    [InlineData("bpf_iter_task_file", "bpf_iter_task_file")]
    public void What_is_missing_is_named(string renamed, string expected)
    {
        Assert.False(TaskFileOffsets.TryFind(Kernel(renamed).ToArray(), out _, out var missing));

        Assert.Equal(expected, missing);
    }

    [Fact]
    public void A_name_that_is_part_of_another_is_not_taken_for_it()
    {
        var btf = new BtfWriter();
        btf.AddStruct("file_lock", ("x", 1, 0));
        btf.AddStruct("a_file", ("x", 1, 0));
        var query = Find(btf, "file", BtfKind.Struct);

        Assert.Equal(0u, query.Id);
    }

    [Fact]
    public void A_type_of_the_same_name_but_another_kind_is_passed_over()
    {
        var btf = new BtfWriter();
        btf.Add("file", BtfKind.Fwd);
        btf.Add("file", BtfKind.Func, sizeOrType: 1);
        var expected = btf.AddStruct("file", ("x", 1, 0));

        Assert.Equal(expected, Find(btf, "file", BtfKind.Struct).Id);
    }

    [Fact]
    public void A_member_in_an_anonymous_union_in_an_anonymous_structure_is_found()
    {
        var btf = new BtfWriter();
        var union = btf.AddMembers("", BtfKind.Union, false, ("other", 0, 0), ("deep", 0, 0));
        var inner = btf.AddMembers("", BtfKind.Struct, false, ("x", 0, 0), ("", union, 64));
        btf.AddMembers("outer", BtfKind.Struct, false, ("y", 0, 0), ("", inner, 128));

        Assert.Equal(24, Member(btf, "outer", "deep"));
    }

    [Fact]
    public void A_member_is_not_looked_for_in_named_structures_within()
    {
        var btf = new BtfWriter();
        var inner = btf.AddStruct("inner", ("deep", 0, 0));
        btf.AddStruct("outer", ("child", inner, 128));

        Assert.Null(Member(btf, "outer", "deep"));
    }

    [Fact]
    public void A_bit_field_has_no_offset()
    {
        var btf = new BtfWriter();
        btf.AddMembers("outer", BtfKind.Struct, kindFlag: true, ("flag", 0, (3u << 24) | 40), ("whole", 0, 64));

        Assert.Null(Member(btf, "outer", "flag"));
        Assert.Equal(8, Member(btf, "outer", "whole"));
    }

    [Fact]
    public void A_structure_that_contains_itself_ends_the_search()
    {
        var btf = new BtfWriter();
        btf.AddMembers("loop", BtfKind.Struct, false, ("", 1, 0), ("", 1, 8), ("", 1, 16), ("", 1, 24));

        Assert.Null(Member(btf, "loop", "deep"));
    }

    [Fact]
    public void A_kind_from_a_newer_kernel_ends_the_walk()
    {
        var btf = new BtfWriter();
        btf.Add("new", (BtfKind)25);
        btf.AddStruct("file", ("x", 1, 0));

        Assert.Equal(0u, Find(btf, "file", BtfKind.Struct).Id);
    }

    [Fact]
    public void Hostile_bytes_never_throw_and_never_hang()
    {
        const int Seed = 20241;
        var random = new Random(Seed);
        var good = Kernel().ToArray();
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = (byte[])good.Clone();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) switch { 0 => 0xff, 1 => 0, _ => (byte)random.Next(256) };
            }

            try
            {
                TaskFileOffsets.TryFind(bytes.AsSpan(0, random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length), out _, out _);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, round {round}: {e}");
            }
        }
    }

    /// <summary>A small kernel: the types that are wanted among one record of every other kind. One name may be spoilt.</summary>
    private static BtfWriter Kernel(string renamed = "")
    {
        var btf = new BtfWriter();
        btf.Add("int", BtfKind.Int, 0, 4, false, 32);
        btf.Add("", BtfKind.Ptr, sizeOrType: 1);
        btf.Add("", BtfKind.Array, 0, 0, false, 1, 1, 4);
        btf.Add("colour", BtfKind.Enum, 2, 4, false, 1, 0, 1, 1);
        btf.Add("wide", BtfKind.Enum64, 1, 8, false, 1, 0, 0);
        btf.Add("file", BtfKind.Fwd);
        btf.Add("pid_t", BtfKind.Typedef, sizeOrType: 1);
        btf.Add("", BtfKind.Volatile, sizeOrType: 1);
        btf.Add("", BtfKind.Const, sizeOrType: 1);
        btf.Add("", BtfKind.Restrict, sizeOrType: 2);
        btf.Add("", BtfKind.FuncProto, 2, 1, false, 1, 1, 0, 2);
        btf.Add("do_it", BtfKind.Func, 1, 11);
        btf.Add("global", BtfKind.Var, 0, 1, false, 1);
        btf.Add(".data", BtfKind.Datasec, 1, 4, false, 13, 0, 4);
        btf.Add("float", BtfKind.Float, sizeOrType: 4);
        btf.Add("tag", BtfKind.DeclTag, 0, 1, false, 0xffff_ffff);
        btf.Add("user", BtfKind.TypeTag, sizeOrType: 1);
        var randomised = btf.AddMembers("", BtfKind.Struct, false, ("pid", 7, 0), (Name("tgid"), 7, 32));
        btf.AddStruct("task", ("tgid", 7, 0));
        btf.AddMembers(Name("task_struct"), BtfKind.Struct, false, ("flags", 1, 0), ("", randomised, 1264 * 8));
        btf.AddMembers("file", BtfKind.Struct, false, ("f_op", 2, 0), (Name("f_inode"), 2, 32 * 8));
        btf.AddMembers("inode", BtfKind.Struct, kindFlag: true, ("i_mode", 1, 0), (Name("i_ino"), 1, 64 * 8));
        btf.Add("bpf_iter_task", BtfKind.Func, 1, 11);
        btf.Add(Name("bpf_iter_task_file"), BtfKind.Func, 1, 11);
        return btf;

        string Name(string name) => name == renamed ? "x" + name : name;
    }

    private static BtfQuery Find(BtfWriter btf, string name, BtfKind kind)
    {
        Assert.True(BtfReader.TryOpen(btf.ToArray(), out var reader));
        BtfQuery[] queries = [new(Encoding.ASCII.GetBytes(name), kind)];
        reader.Find(queries);
        return queries[0];
    }

    private static int? Member(BtfWriter btf, string name, string member)
    {
        var query = Find(btf, name, BtfKind.Struct);
        Assert.True(BtfReader.TryOpen(btf.ToArray(), out var reader));
        return reader.TryFindMember(query, Encoding.ASCII.GetBytes(member), out var offset) ? offset : null;
    }
}
