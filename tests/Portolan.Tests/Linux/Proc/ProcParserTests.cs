using System.Text;
using Portolan.Linux.Proc;
using Portolan.Model;

namespace Portolan.Tests.Linux.Proc;

public sealed class ProcParserTests
{
    private const string Rest =
        " S 1 42 42 0 -1 4194560 2000 3000 4 5 6 7 8 9 20 0 1 0 123456 1000 200 18446744073709551615 1 1 0 0 0 0 0 4096 "
            + "0 0 0 0 17 1 0 0 0 0 0\n";

    [Theory]
    [InlineData("bash")]
    [InlineData("(sd-pam)")]
    [InlineData("a) R 7 (b")]
    [InlineData(")")]
    [InlineData("")]
    [InlineData("tab\tline\nend")]
    [InlineData("bücher")]
    public void The_name_may_hold_anything(string name)
    {
        Assert.True(ProcStat.TryParse(Encoding.UTF8.GetBytes($"42 ({name}){Rest}"), out var stat));

        Assert.Equal(new ProcStat(42, name, 'S', 1, 4194560, 123456) { SessionId = 42 }, stat);
    }

    [Fact]
    public void A_process_that_ends_has_no_session()
    {
        Assert.True(ProcStat.TryParse(
            Encoding.UTF8.GetBytes("42 (x)" + Rest.Replace("42 42", "-1 -1", StringComparison.Ordinal)), out var stat));
        Assert.Equal(0, stat.SessionId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("42")]
    [InlineData("42 (x)")]
    [InlineData("42 (x) S 1")]
    [InlineData("x (x) S 1 42 42 0 -1 4194560 2 3 4 5 6 7 8 9 20 0 1 0 123456")]
    [InlineData("42 )x( S 1 42 42 0 -1 4194560 2 3 4 5 6 7 8 9 20 0 1 0 123456")]
    [InlineData("42 (x) S one 42 42 0 -1 4194560 2 3 4 5 6 7 8 9 20 0 1 0 123456")]
    [InlineData("42 (x) S 1 42 42 0 -1 4194560 2 3 4 5 6 7 8 9 20 0 1 0 -5")]
    [InlineData("99999999999 (x) S 1 42 42 0 -1 4194560 2 3 4 5 6 7 8 9 20 0 1 0 123456")]
    public void A_malformed_stat_is_refused(string text)
    {
        Assert.False(ProcStat.TryParse(Encoding.UTF8.GetBytes(text), out _));
    }

    [Fact]
    public void A_kernel_thread_is_told_by_its_flag()
    {
        Assert.True(ProcStat.TryParse(
            Encoding.UTF8.GetBytes("2 (kthreadd)" + Rest.Replace("4194560", "2129984", StringComparison.Ordinal)), out var stat));
        Assert.True(stat.IsKernelThread);
    }

    [Theory]
    [InlineData("Name:\tx\nUmask:\t0022\nUid:\t1\t1000\t3\t4\n", 1000u)]
    [InlineData("Name:\tevil\\nUid:\\t0\\t0\nUid:\t1\t65534\t3\t4\n", 65534u)]
    public void The_effective_user_is_the_second_number(string text, uint user)
    {
        Assert.True(ProcStatus.TryParseEffectiveUser(Encoding.UTF8.GetBytes(text), out var found));
        Assert.Equal(user, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Name:\tx\n")]
    [InlineData("Name:\tx\nUid:\t1")]
    [InlineData("Name:\tx\nUid:\t1\tx")]
    public void A_status_without_a_user_is_refused(string text)
    {
        Assert.False(ProcStatus.TryParseEffectiveUser(Encoding.UTF8.GetBytes(text), out _));
    }

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("\0\0\0", new string[0])]
    [InlineData("a\0", new[] { "a" })]
    [InlineData("a", new[] { "a" })]
    [InlineData("a\0b c\0\0d\0", new[] { "a", "b c", "", "d" })]
    [InlineData("a\0\0", new[] { "a" })]
    [InlineData("a\0b\0\0", new[] { "a", "b", "" })]
    [InlineData("nginx: worker process\0\0\0\0\0", new[] { "nginx: worker process" })]
    public void Arguments_end_in_nul(string text, string[] expected)
    {
        Assert.Equal(expected, ProcText.ParseArguments(Encoding.UTF8.GetBytes(text)));
    }

    [Theory]
    [InlineData("socket:[12345]", 12345u)]
    [InlineData("socket:[4294967295]", uint.MaxValue)]
    [InlineData("socket:[1]", 1u)]
    public void A_link_to_a_socket_is_read(string link, uint inode)
    {
        Assert.True(SocketLink.TryParse(Encoding.ASCII.GetBytes(link), out var found));
        Assert.Equal(inode, found);
    }

    [Theory]
    [InlineData("socket:[]")]
    [InlineData("socket:[0]")]
    [InlineData("socket:[4294967296]")]
    [InlineData("socket:[99999999999999999999]")]
    [InlineData("socket:[12x]")]
    [InlineData("socket:[12")]
    [InlineData("socket:12]")]
    [InlineData("pipe:[12]")]
    [InlineData("/tmp/socket:[12]")]
    [InlineData("socket:[-2]")]
    [InlineData("")]
    public void Any_other_link_is_not(string link)
    {
        Assert.False(SocketLink.TryParse(Encoding.ASCII.GetBytes(link), out _));
    }

    [Fact]
    public void The_cgroup2_mount_is_found_wherever_it_is()
    {
        var mounts =
            "proc /proc proc rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw 0 0\ncgroup2 /sys/fs/my\\040group cgroup2 rw 0 0\nshort\n\n";

        Assert.Equal("/sys/fs/my group", CgroupTree.FindMount(Encoding.UTF8.GetBytes(mounts)));
        Assert.Null(CgroupTree.FindMount("proc /proc proc rw 0 0\n"u8));
    }

    [Fact]
    public void A_tree_of_groups_is_walked_by_inode()
    {
        var root = Directory.CreateTempSubdirectory("portolan-cgroup-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(root, "system.slice", "ssh.service"));
            File.WriteAllText(Path.Combine(root, "system.slice", "cgroup.procs"), "1\n");

            var paths = CgroupTree.Read(root);

            Assert.Equal(["/", "/system.slice", "/system.slice/ssh.service"], paths.Values.Order(StringComparer.Ordinal));
            Assert.Empty(CgroupTree.Read(Path.Combine(root, "missing")));
            Assert.Empty(CgroupTree.Read(null));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void Hostile_bytes_never_throw()
    {
        const int Seed = 9;
        var random = new Random(Seed);
        string[] samples = [
            $"42 (x){Rest}", "Name:\tx\nUid:\t1\t2\t3\t4\n", "a\0b\0\0", "socket:[12]", "cpu 1\nbtime 17\n", "cgroup2 / cgroup2 rw\n",
            "|-- 1.2.3.4\n /32 host LOCAL\n", "fd000000000000000000000000000002 04\n"];
        for (var round = 0; round < 40_000; round++)
        {
            var bytes = Encoding.UTF8.GetBytes(samples[random.Next(samples.Length)]);
            for (var change = random.Next(4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)" ()\n\0:[]"[random.Next(8)] : (byte)random.Next(256);
            }

            var text = bytes.AsSpan(0, random.Next(bytes.Length + 1));
            try
            {
                var addresses = new HashSet<InternetAddress>();
                _ = ProcStat.TryParse(text, out _);
                _ = ProcStatus.TryParseEffectiveUser(text, out _);
                ProcText.ParseArguments(text);
                _ = ProcText.TryParseBootTime(text, out _);
                _ = SocketLink.TryParse(text, out _);
                CgroupTree.FindMount(text);
                LocalAddresses.ReadIPv4(text, addresses);
                LocalAddresses.ReadIPv6(text, addresses);
                var entries = new DirectoryEntries(text);
                while (entries.TryNext(out var name, out _))
                {
                    Assert.True(name.Length < 256);
                }
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, round {round}: {e}");
            }
        }
    }
}
