"""datasketch's permutations: slot k of a signature is the least fmix32(h) * a[k] + b[k] mod 2^32.

Those of its `affine32` scheme for seed 1 and 128 slots stand here, so that a run need not load NumPy
to draw them; any other number of slots is drawn by datasketch itself.
"""

from array import array
from functools import cache

_A = (
    "d583e84b fe8f01d7 70ce5f19 dd782891 000efdff 41998713 9acb5597 ff823d0b 4b23969f "
    "78e0a781 2f470121 cb0ca103 5f5d7f99 c69c3c8f b0ed55db 56e8f3f9 cb251b0d defefa33 "
    "13dfc965 b14faa29 d6a0a9fd a06562cb 5ed51725 0c9193a9 68adf717 e30c41f9 c1989bd5 "
    "758b2539 0e05bf3b 119eb31d 57478465 d3f2d489 d5a8f9af ea16bfaf 1e0c97d3 dc8485e3 "
    "47e0cbef e0d55bbd 656d8ec1 8e8908ad 99fb311b 6e93afd3 efbffb13 9b03080f a079227f "
    "2f83967b 62781c2d 094b4a73 c0b61403 bae3ef01 ca09e279 a885f1a3 2b8aea11 a8c1c5b1 "
    "13fefd1b 8bcd34e7 56f4035f 1e551fd5 c19be4f3 574f7391 325a843d 2fa6488f d79b6b07 "
    "57e30b8d ea707f2b d2d5dc63 10fb0a73 65256407 623db789 944a5631 a18b43e3 48c3f857 "
    "5f7d0c99 910e9835 ab540e69 d3384aa1 095d14db 117ee6e7 8012ea53 3f80dba5 fa4c001f "
    "523ed881 7f0f9189 98d46033 8f965adf e46bbdc5 941c6baf 71ba4f0f 34da0a35 258ffd33 "
    "e5524cd1 f040082d d1336e13 313d7d87 965497cf ce8688fd 93574a2f 3d2ddafb 42931ac9 "
    "0cb28137 09ea774b 2ad0a273 5b9054a7 d56ed94d 6c5a8511 d2264a41 87f5bb45 990d5e15 "
    "fbaf7a2f 2b350d1f 1b5255df 21bf38af 25f2be33 3a561f8f 4b2001e7 e9bf0ab9 2db97495 "
    "859f097d 6646ba5d 7647a741 34652db1 1120292f d3ff256f e65e4a83 63886ae3 fc724e9b "
    "d40f4e07 14c99701"
)
_B = (
    "0cc9bff8 c3f6d4fd 893081cd 0b9bc706 a9ee7234 23d4d1d5 83cfc5c6 cadaf602 f1d0f64c "
    "07a10fdb 96287895 e21482cb e7455907 8a71184d 23318ac8 72aed44b 23a79d4c e463042b "
    "ceb13214 60a95e1e 65ce2624 89d63367 2a54a707 a6fd0f2d ed7133c4 5c7b9a39 59072ef0 "
    "922d9dfc c03538d2 a3494060 b9db010d 20562c0a e2205917 b0b13f7c 9fa8fb51 a5d2e787 "
    "c03dc379 5a9bc098 595166ca c3633ddc 4519fe94 5b45a9a0 e558cc8c c0b6bcc1 6d97625e "
    "e19f9e3c f6ffc1e9 02fcc098 a9d74d52 7f841373 9f277361 12e40882 1d5ffdec c975a6dc "
    "f311ba67 1066b762 732d710a 5af59eb6 94115760 f11c39e9 687ba752 613ac9d6 3cadccc6 "
    "c34ebac2 e743e147 c5873fe7 92dca8b0 4d25f636 00bc1c0f c5d23b85 9dfd3591 272668aa "
    "539f0014 94215a76 86ed47b0 024e5916 e2cd19e5 b583cf8d 5b7607f1 787bea72 e895c261 "
    "c3bc56b5 9f948754 77a70c0a 040cdc60 44dd40b7 edef993d d4e9ce38 b0de9ed9 8d23a195 "
    "ff508ce7 11f0dc60 2c1e81f9 78f41fd3 231b5419 be25d5f1 eebe938e 3124088d b262acd4 "
    "76dd1e74 10e5632b 3af90e86 c16606cd 821c82b8 c0fe07bb 3564bb8f ec4b5618 0c9f33fb "
    "b6267c89 84d421c2 1fd038c7 2c1a6f35 0516dd45 6574c9a4 06b5c365 1b7c4af8 073f1815 "
    "8282ed28 3f07b04d 1a2588db dc2acab1 49e96971 89f0d52f 3b5485cd 8d85bda8 f7b915ce "
    "d78f562d 473fe757"
)


@cache
def permutations(n_perm: int = 128) -> "tuple[array[int], array[int]]":
    """a and b, n_perm uint32 each; to be read only."""
    if n_perm != 128:
        from datasketch import MinHash

        a, b = MinHash(num_perm=n_perm, seed=1, scheme="affine32").permutations.tolist()
        return array("I", a), array("I", b)
    a, b = (array("I", [int(value, 16) for value in values.split()]) for values in (_A, _B))
    return a, b
